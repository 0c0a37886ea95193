#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "models/api/document.h"
#include "models/api/reading.h"

namespace orrery::api {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// Reads, and checks what holds for every input.
Manifests read(const std::string& text) {
  Manifests manifests = read_manifests(text, "f");
  for (const Problem& problem : manifests.problems) {
    const std::string line = to_string(problem);
    EXPECT_EQ(line.find_first_of("\n\r\t\x1b"), std::string::npos);
    EXPECT_LT(line.size(), 4000U);
    EXPECT_GE(problem.where.line, 0);
  }
  return manifests;
}

std::vector<std::string> problems_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const Problem& problem : read(text).problems) lines.push_back(to_string(problem));
  return lines;
}

const std::string kMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

TEST(HostileText, IsRefusedWithItsPlace) {
  const std::string bomb =
      "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
      "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
      "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
  struct Case {
    const char* name;
    std::string text;
    const char* problem;
  };
  const std::vector<Case> cases{
      {"NUL", std::string("a: b\nc: \0d\n", 11),
       "f:2: expected text without control characters; found \\x00 (inside double quotes, write it "
       "as an escape)"},
      {"end-of-file mark of the YAML library", "a: b\n\x04kind: Pod\n",
       "f:2: expected text without control characters; found \\x04 (inside double quotes, write it "
       "as an escape)"},
      {"broken UTF-8", "a: \xff\n",
       "f:1: expected text in UTF-8; found byte \\xff (save the file as UTF-8)"},
      {"UTF-16",
       std::string("\xff\xfe"
                   "a\0",
                   4),
       "f:1: expected text in UTF-8; found byte \\xff (save the file as UTF-8)"},
      {"duplicate key", "a: 1\nb: 2\na: 3\n",
       "f:3: /a: expected each key once in a mapping; found a second one; another is on line 1 "
       "(keep one of them)"},
      {"alias of what is being defined", "a: &x [*x]\n",
       "f:1: /a/0: expected an alias of a value that is complete; found an alias inside the value "
       "it names"},
      {"alias bomb", bomb,
       "f:6: /f/7: expected at most 1000000 values after aliases are followed; found more (split "
       "the file)"},
      {"deep nesting", repeated("[", 100) + repeated("]", 100),
       "f:1: /0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/"
       "0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: expected at most 64 levels; found one more"},
      {"template", "a: {{ .Values.x }}\n",
       "f:1: /a: expected a text as key of a mapping; found a mapping (put a template expression "
       "such as {{ ... }} in quotes, or render it first)"},
      {"tag", "a: !Ref b\n",
       "f:1: /a: expected a value without a tag; found the tag !Ref (Kubernetes knows no tags; "
       "write the plain value)"},
      {"merge of a text", "a: {<<: b}\n",
       "f:1: /a/<<: expected a mapping, or a list of mappings, to merge; found \"b\""},
  };
  for (const Case& c : cases) {
    const std::vector<std::string> problems = problems_of(c.text);
    EXPECT_NE(std::find(problems.begin(), problems.end(), c.problem), problems.end())
        << c.name << ": " << testing::PrintToString(problems);
  }
}

TEST(HostileText, SyntaxErrorsNameTheirLineAndHideNoOtherDocument) {
  for (const char* broken :
       {"a: [1, 2\n", "a:\n\t- b\n", "a: \"x\n", "{\"a\": 1,, }\n", "a: b: c\n", "%YAML 9.9\n",
        "*unknown\n", "- a\nb: c\n", "a: {{- if .x }}\n"}) {
    const Manifests manifests = read(kMap + "---\n" + broken + "---\n" + kMap);
    EXPECT_EQ(manifests.objects.size(), 2U) << broken;
    ASSERT_GE(manifests.problems.size(), 1U) << broken;
    EXPECT_GE(manifests.problems[0].where.line, 5) << broken;
  }
}

TEST(HostileText, EmptyDocumentsMarksAndLineEndsAreFine) {
  for (const std::string& text : {std::string{}, std::string{"\n"}, std::string{"---\n---\n"},
                                  std::string{"# only\n"}, std::string{"\xef\xbb\xbf"},
                                  std::string{"---"}, std::string{"~\n"}, std::string{"...\n"}}) {
    const Manifests manifests = read(text);
    EXPECT_TRUE(manifests.problems.empty()) << text;
    EXPECT_TRUE(manifests.objects.empty()) << text;
  }
  std::string crlf = "\xef\xbb\xbf---\r\n";
  for (const char c : kMap) crlf += c == '\n' ? std::string{"\r\n"} : std::string(1, c);
  const Manifests manifests = read(crlf);
  EXPECT_TRUE(manifests.problems.empty());
  ASSERT_EQ(manifests.objects.size(), 1U);
  EXPECT_EQ(manifests.objects[0].where.line, 2);
}

TEST(HostileText, NumbersBeyondAllBoundsAreProblems) {
  for (const char* number : {"99999999999999999999999999", "-99999999999999999999999", "1e999",
                             "0x", "0xffffffffffffffffffff", ".inf", ".nan", "1e5", "3.5", "--3"}) {
    const Manifests manifests =
        read("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: " +
             std::string{number} + "}]}\n");
    EXPECT_EQ(manifests.problems.size(), 1U) << number;
  }
}

TEST(HostileText, ATextNearTheBoundsIsReadOrRefusedButNeverFatal) {
  const std::vector<std::string> texts{
      repeated("{", 100'000),
      repeated("[", 100'000),
      repeated("- ", 50'000),
      repeated("? ", 20'000),
      repeated("a: ", 10'000),
      repeated("&a ", 10'000),
      repeated("!a ", 10'000),
      repeated("---\n", 50'000),
      repeated("{\"a\":", 100'000),
      "a: \"" + repeated("\\u0000", 10'000) + "\"\n",
      "apiVersion: v1\nkind: List\nitems: [" + repeated("{},", 20'000) + "]\n",
      kMap + "data:\n  " + std::string(1'000'000, 'k') + ": [1]\n",
      kMap + "data: {" + repeated("a: b, ", 20'000) + "}\n",
      "a: &a {" + std::string(100'000, 'k') + ": 1}\nb: [" + repeated("*a,", 2'000) + "]\n",
  };
  for (const std::string& text : texts) (void)read(text);
}

TEST(HostileText, EveryTruncationAndManyMutationsAreSurvived) {
  const std::string text =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: &m {name: web, labels: {app: web}}\n"
      "spec:\n  replicas: 3\n  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}\n"
      "  selector: {matchLabels: {app: web}, matchExpressions: [{key: app, operator: Exists}]}\n"
      "  template:\n    metadata: *m\n    spec:\n      containers:\n      - name: c\n"
      "        image: 'x:1'\n        env: [{name: A, value: \"1\"}]\n"
      "        ports: [{containerPort: 80, name: http}]\n"
      "        resources: {limits: {cpu: 100m}, requests: {cpu: 200m}}\n"
      "        readinessProbe: {httpGet: {port: http, path: /}, periodSeconds: 5}\n"
      "        lifecycle: {preStop: {sleep: {seconds: 5}}}\n";
  for (std::size_t length = 0; length <= text.size(); ++length) (void)read(text.substr(0, length));
  std::mt19937_64 random{20240229};
  static const std::string kPieces =
      ":{}[],&*!|>'\"%@`#-?~ \n\t\0\xff"
      "0aA";
  for (int round = 0; round < 1500; ++round) {
    std::string mutant = text;
    for (int change = 0; change < 3; ++change) {
      const std::size_t at = random() % mutant.size();
      switch (random() % 3) {
        case 0:
          mutant[at] = kPieces[random() % kPieces.size()];
          break;
        case 1:
          mutant.insert(at, 1, kPieces[random() % kPieces.size()]);
          break;
        default:
          mutant.erase(at, random() % 8);
      }
    }
    (void)read(mutant);
  }
}

TEST(HostileText, DamagedStoredObjectsAreRefused) {
  for (const char* text :
       {"", "null", "[]", "{", "{}", "{\"kind\":\"Pod\"", "{\"kind\":5}", "{\"kind\":\"Pot\"}",
        "{\"kind\":\"Pod\",\"spec\":[]}", "{\"kind\":\"Pod\",\"metadata\":{\"name\":3}}",
        "{\"kind\":\"Pod\",\"surprise\":1}", "{\"kind\":\"Pod\"} x", "\xff",
        "{\"kind\":\"Pod\",\"kind\":\"Pod\"}",
        "{\"kind\":\"Pod\",\"spec\":{\"terminationGracePeriodSeconds\":1e3}}",
        "{\"kind\":\"Service\",\"spec\":{\"externalName\":\"x\"}}"}) {
    const Result<Object> object = from_json_text(text);
    EXPECT_FALSE(object.has_value()) << text;
    if (!object) {
      EXPECT_EQ(object.error().what.find('\n'), std::string::npos);
    }
  }
  EXPECT_FALSE(from_json_text(repeated("{\"a\":", 100'000)).has_value());
}

}  // namespace
}  // namespace orrery::api
