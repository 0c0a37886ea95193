// Reads spans as Zipkin's own library for Go does, writes them with it, and prints how many there are of
// how many traces.
//
// Usage: go run read_zipkin.go FILE
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/openzipkin/zipkin-go/model"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	var spans []model.SpanModel
	if err := json.Unmarshal(text, &spans); err != nil {
		fail(err)
	}
	traces := map[model.TraceID]bool{}
	for _, span := range spans {
		if _, err := json.Marshal(span); err != nil {
			fail(fmt.Errorf("span %s: %w", span.ID, err))
		}
		traces[span.TraceID] = true
	}
	fmt.Println(len(spans), len(traces))
}
