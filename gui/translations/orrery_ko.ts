<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko" sourcelanguage="en">
<context>
    <name>ClusterView</name>
    <message>
        <source>Cluster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 pods</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 pods lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 pods starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>zone %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unreachable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dark, not noticed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crashing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost with its node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ending</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>InspectorView</name>
    <message>
        <source>Inspector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>was %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latency p50 p95 p99</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Users</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all requests from outside</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 pods ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All users</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServiceGraphView</name>
    <message>
        <source>Services</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 services</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 call paths</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ENTRY</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HOP %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Line width: calls per second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed call</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Numbers: order in which the failure arrived</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Switch: breaker open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>users</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>half-open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open %1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no ready pod</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 pods</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 err</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>Healthy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Degraded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recovering</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draining</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message>
        <source>Timeline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>max</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of %1 simulated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>next fault</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>event</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>play</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Faults</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rollout</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 rolled out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 rolls out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No service was hit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>users</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The first call fails: %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begins to fail because calls to %1 do: %2.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No recording is open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seed %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>simulated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>live</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WhyText</name>
    <message>
        <source>%1 of calls time out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of calls are refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of calls are cut off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>has no ready pod</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>is cut off by open breakers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of calls find no room</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of calls are over the limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fails with it, %1 errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>has more to do than it can</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>makes errors of its own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>was changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>went dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>was lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>was killed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>became unwell</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>was cut off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Users notice nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All is well</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>calls fail inside, but no request of theirs does</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no request of users fails</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Open a recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recordings (*.orrery);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>zone %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
