<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko" sourcelanguage="en">
<context>
    <name>AboutText</name>
    <message>
        <source>Orrery shows recordings of runs: how a failure spreads, stops and heals.</source>
        <translation>Orrery는 실행 기록을 보여 줍니다: 장애가 퍼지고, 멈추고, 회복되는 과정.</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>라이선스</translation>
    </message>
    <message>
        <source>About Orrery</source>
        <translation>Orrery 정보</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>plays and pauses</source>
        <translation>재생과 멈춤</translation>
    </message>
    <message>
        <source>event before and after</source>
        <translation>앞뒤 이벤트</translation>
    </message>
    <message>
        <source>1 s</source>
        <translation>1초</translation>
    </message>
    <message>
        <source>10 s</source>
        <translation>10초</translation>
    </message>
    <message>
        <source>beginning and end of the run</source>
        <translation>실행의 처음과 끝</translation>
    </message>
    <message>
        <source>next fault</source>
        <translation>다음 장애</translation>
    </message>
    <message>
        <source>bookmark</source>
        <translation>책갈피</translation>
    </message>
    <message>
        <source>cause and effect of an event</source>
        <translation>이벤트의 원인과 결과</translation>
    </message>
    <message>
        <source>panels</source>
        <translation>패널</translation>
    </message>
    <message>
        <source>what can be clicked on, and a click</source>
        <translation>클릭할 수 있는 것과 클릭</translation>
    </message>
    <message>
        <source>from card to card, from node to node</source>
        <translation>카드에서 카드로, 노드에서 노드로</translation>
    </message>
    <message>
        <source>next and previous edge of the selected card; Enter: along it</source>
        <translation>선택한 카드의 다음·이전 간선, Enter: 따라가기</translation>
    </message>
    <message>
        <source>only what hangs together with the selected service</source>
        <translation>선택한 서비스와 이어진 것만</translation>
    </message>
    <message>
        <source>zoom</source>
        <translation>확대와 축소</translation>
    </message>
    <message>
        <source>events, requests, limits, scenario</source>
        <translation>이벤트, 요청, 제한, 시나리오</translation>
    </message>
    <message>
        <source>labs</source>
        <translation>실습</translation>
    </message>
    <message>
        <source>compares</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>finds</source>
        <translation>찾기</translation>
    </message>
    <message>
        <source>opens</source>
        <translation>열기</translation>
    </message>
    <message>
        <source>saves a picture, or the scenario that was changed</source>
        <translation>그림 저장, 또는 바뀐 시나리오 저장</translation>
    </message>
    <message>
        <source>saves an image sequence</source>
        <translation>연속 그림 저장</translation>
    </message>
    <message>
        <source>motion</source>
        <translation>움직임</translation>
    </message>
    <message>
        <source>does something to a card, an edge or a node, in a run by hand; at its last instant → and F step it</source>
        <translation>직접 하는 실행에서 카드, 간선, 노드에 무언가를 함; 마지막 순간에서는 →와 F로 한 단계씩</translation>
    </message>
    <message>
        <source>goes back</source>
        <translation>뒤로</translation>
    </message>
</context>
<context>
    <name>ClusterView</name>
    <message>
        <source>Cluster</source>
        <translation>클러스터</translation>
    </message>
    <message>
        <source>%1 nodes</source>
        <translation>노드 %1개</translation>
    </message>
    <message>
        <source>1 node</source>
        <translation>노드 1개</translation>
    </message>
    <message>
        <source>%1 pods</source>
        <translation>파드 %1개</translation>
    </message>
    <message>
        <source>1 pod</source>
        <translation>파드 1개</translation>
    </message>
    <message>
        <source>%1 pods lost</source>
        <translation>파드 %1개 유실</translation>
    </message>
    <message>
        <source>1 pod lost</source>
        <translation>파드 1개 유실</translation>
    </message>
    <message>
        <source>%1 pods starting</source>
        <translation>파드 %1개 시작 중</translation>
    </message>
    <message>
        <source>1 pod starting</source>
        <translation>파드 1개 시작 중</translation>
    </message>
    <message>
        <source>nodes</source>
        <translation>노드</translation>
    </message>
    <message>
        <source>zone %1</source>
        <translation>%1 존</translation>
    </message>
    <message>
        <source>%1 used</source>
        <translation>%1 사용</translation>
    </message>
    <message>
        <source>unreachable</source>
        <translation>연결 불가</translation>
    </message>
    <message>
        <source>dark, not noticed</source>
        <translation>끊김, 아직 모름</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>준비됨</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>시작 중</translation>
    </message>
    <message>
        <source>Crashing</source>
        <translation>오류</translation>
    </message>
    <message>
        <source>Lost with its node</source>
        <translation>노드와 함께 유실</translation>
    </message>
    <message>
        <source>Ending</source>
        <translation>종료 중</translation>
    </message>
    <message>
        <source>zone %1, %2, %3 of %4 nodes not well</source>
        <translation>%1 존, %2, 노드 %4개 중 %3개 이상</translation>
    </message>
    <message>
        <source>node %1, %2, %3 pods</source>
        <translation>노드 %1, %2, 파드 %3개</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>끊김</translation>
    </message>
    <message>
        <source>pod %1, %2</source>
        <translation>파드 %1, %2</translation>
    </message>
</context>
<context>
    <name>DeedMenu</name>
    <message>
        <source>What to do</source>
        <translation>할 일</translation>
    </message>
    <message>
        <source>for</source>
        <translation>지속 시간</translation>
    </message>
    <message>
        <source>at once</source>
        <translation>즉시</translation>
    </message>
    <message>
        <source>It was not done:</source>
        <translation>실행되지 않았습니다:</translation>
    </message>
    <message>
        <source>What it would hit…</source>
        <translation>무엇에 영향을 줄지 확인 중…</translation>
    </message>
    <message>
        <source>It would hit nothing now.</source>
        <translation>지금은 영향을 받을 대상이 없습니다.</translation>
    </message>
    <message>
        <source>It would hit, now (%1):</source>
        <translation>지금 영향을 받을 대상 (%1):</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>그 밖에 %1개</translation>
    </message>
    <message>
        <source>Do it</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>A file or folder of manifests</source>
        <translation>매니페스트 파일 또는 폴더</translation>
    </message>
    <message>
        <source>What changes of the policy, as JSON</source>
        <translation>바꿀 정책 항목 (JSON)</translation>
    </message>
    <message>
        <source>What to merge, as JSON</source>
        <translation>병합할 내용 (JSON)</translation>
    </message>
</context>
<context>
    <name>DeedText</name>
    <message>
        <source>Delete a pod at once</source>
        <translation>파드 하나를 즉시 삭제</translation>
    </message>
    <message>
        <source>Kill a container</source>
        <translation>컨테이너 하나를 강제 종료</translation>
    </message>
    <message>
        <source>A pod answers with errors</source>
        <translation>파드 하나가 오류로 응답</translation>
    </message>
    <message>
        <source>A pod hangs</source>
        <translation>파드 하나가 멈춤</translation>
    </message>
    <message>
        <source>Messages are late by 200 ms</source>
        <translation>메시지가 200 ms 늦음</translation>
    </message>
    <message>
        <source>20% of messages are lost</source>
        <translation>메시지의 20% 유실</translation>
    </message>
    <message>
        <source>Nothing passes</source>
        <translation>아무것도 통과하지 못함</translation>
    </message>
    <message>
        <source>50% of connections are cut</source>
        <translation>연결의 50%가 끊김</translation>
    </message>
    <message>
        <source>50% are answered with 503</source>
        <translation>요청의 50%에 503 응답</translation>
    </message>
    <message>
        <source>Requests are late by 500 ms</source>
        <translation>요청이 500 ms 늦음</translation>
    </message>
    <message>
        <source>Its name is not found</source>
        <translation>이름을 찾을 수 없음</translation>
    </message>
    <message>
        <source>The node is lost</source>
        <translation>노드를 잃음</translation>
    </message>
    <message>
        <source>Cut it off the control plane</source>
        <translation>컨트롤 플레인과 단절</translation>
    </message>
    <message>
        <source>Kill its agents</source>
        <translation>노드 에이전트 강제 종료</translation>
    </message>
    <message>
        <source>Kill its kubelet</source>
        <translation>kubelet 강제 종료</translation>
    </message>
    <message>
        <source>Drain it</source>
        <translation>노드 비우기</translation>
    </message>
    <message>
        <source>No new pods for it</source>
        <translation>새 파드를 받지 않음</translation>
    </message>
    <message>
        <source>Let it have pods again</source>
        <translation>다시 파드를 받음</translation>
    </message>
    <message>
        <source>The zone goes dark</source>
        <translation>존 전체가 꺼짐</translation>
    </message>
    <message>
        <source>Kill the control plane</source>
        <translation>컨트롤 플레인 강제 종료</translation>
    </message>
    <message>
        <source>Kill the controller manager</source>
        <translation>컨트롤러 매니저 강제 종료</translation>
    </message>
    <message>
        <source>Kill the scheduler</source>
        <translation>스케줄러 강제 종료</translation>
    </message>
    <message>
        <source>The API server is slow</source>
        <translation>API 서버가 느려짐</translation>
    </message>
    <message>
        <source>The API server does not answer</source>
        <translation>API 서버가 응답하지 않음</translation>
    </message>
    <message>
        <source>The API server refuses all calls</source>
        <translation>API 서버가 모든 호출을 거부</translation>
    </message>
    <message>
        <source>Kill a member of the store</source>
        <translation>저장소 구성원 하나를 강제 종료</translation>
    </message>
    <message>
        <source>The store writes slowly</source>
        <translation>저장소의 쓰기가 느려짐</translation>
    </message>
    <message>
        <source>The registry is down</source>
        <translation>레지스트리가 멈춤</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1초</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1분</translation>
    </message>
    <message>
        <source>Replicas: %1</source>
        <translation>레플리카: %1</translation>
    </message>
    <message>
        <source>Image: %1</source>
        <translation>이미지: %1</translation>
    </message>
    <message>
        <source>users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>node %1</source>
        <translation>노드 %1</translation>
    </message>
    <message>
        <source>zone %1</source>
        <translation>존 %1</translation>
    </message>
    <message>
        <source>Control plane</source>
        <translation>컨트롤 플레인</translation>
    </message>
    <message>
        <source>Apply manifests</source>
        <translation>매니페스트 적용</translation>
    </message>
    <message>
        <source>Nothing is tried again</source>
        <translation>재시도 안 함</translation>
    </message>
    <message>
        <source>Change the policy</source>
        <translation>정책 변경</translation>
    </message>
    <message>
        <source>Patch %1</source>
        <translation>%1 패치</translation>
    </message>
    <message>
        <source>A pod gets an image that does nothing</source>
        <translation>파드 하나가 아무 일도 하지 않는 이미지로 바뀜</translation>
    </message>
    <message>
        <source>2 threads take a pod&apos;s CPU</source>
        <translation>스레드 2개가 파드의 CPU를 차지</translation>
    </message>
    <message>
        <source>A pod takes 256 MiB more</source>
        <translation>파드 하나가 메모리 256 MiB를 더 사용</translation>
    </message>
    <message>
        <source>A pod stands still</source>
        <translation>파드 하나가 멈춤</translation>
    </message>
    <message>
        <source>What a pod waits for takes 100 ms more</source>
        <translation>파드의 대기 작업이 100 ms 더 걸림</translation>
    </message>
    <message>
        <source>5% of messages are corrupt</source>
        <translation>메시지의 5%가 손상</translation>
    </message>
    <message>
        <source>Each sender has 1 Mbit/s</source>
        <translation>송신자마다 1 Mbit/s로 제한</translation>
    </message>
    <message>
        <source>Connections take 5 s to close</source>
        <translation>연결 종료에 5초가 걸림</translation>
    </message>
    <message>
        <source>Messages over 4 KiB are cut off</source>
        <translation>4 KiB가 넘는 메시지가 끊김</translation>
    </message>
    <message>
        <source>50% of answers become a 500</source>
        <translation>응답의 50%가 500으로 바뀜</translation>
    </message>
    <message>
        <source>Callers are told to wait 100 ms at most</source>
        <translation>호출자의 대기 시간이 최대 100 ms로 잘못 설정됨</translation>
    </message>
    <message>
        <source>Callers are told a wrong port</source>
        <translation>호출자에게 잘못된 포트가 전달됨</translation>
    </message>
    <message>
        <source>Kill its leader</source>
        <translation>리더를 강제 종료</translation>
    </message>
    <message>
        <source>Its leader is slow by 200 ms</source>
        <translation>리더가 200 ms 느려짐</translation>
    </message>
    <message>
        <source>Its disk is full</source>
        <translation>디스크가 가득 참</translation>
    </message>
    <message>
        <source>Its proxy hears of no change</source>
        <translation>프록시가 변경을 듣지 못함</translation>
    </message>
    <message>
        <source>It sees the cluster 10 s late</source>
        <translation>클러스터를 10초 늦게 봄</translation>
    </message>
    <message>
        <source>One change is told 10 s late</source>
        <translation>변경 하나가 10초 늦게 전달됨</translation>
    </message>
    <message>
        <source>One change is never told</source>
        <translation>변경 하나가 전달되지 않음</translation>
    </message>
    <message>
        <source>The registry has 10 Mbit/s</source>
        <translation>레지스트리가 10 Mbit/s로 제한</translation>
    </message>
    <message>
        <source>The controller manager dies at its 3rd write</source>
        <translation>컨트롤러 매니저가 세 번째 쓰기에서 종료</translation>
    </message>
</context>
<context>
    <name>DrawerView</name>
    <message>
        <source>Events</source>
        <translation>이벤트</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>요청</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>제한</translation>
    </message>
    <message>
        <source>Scenario</source>
        <translation>시나리오</translation>
    </message>
    <message>
        <source>Lab</source>
        <translation>실습</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>닫기</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>The program that runs scenarios was not found: %1</source>
        <translation>시나리오를 실행하는 프로그램을 찾을 수 없습니다: %1</translation>
    </message>
</context>
<context>
    <name>EventText</name>
    <message>
        <source>fault begins</source>
        <translation>장애 시작</translation>
    </message>
    <message>
        <source>fault ends</source>
        <translation>장애 종료</translation>
    </message>
    <message>
        <source>calls fail</source>
        <translation>호출 실패</translation>
    </message>
    <message>
        <source>no ready pod</source>
        <translation>준비된 파드 없음</translation>
    </message>
    <message>
        <source>own errors</source>
        <translation>자체 오류</translation>
    </message>
    <message>
        <source>overloaded</source>
        <translation>과부하</translation>
    </message>
    <message>
        <source>changed by hand</source>
        <translation>수동 변경</translation>
    </message>
    <message>
        <source>applied</source>
        <translation>적용됨</translation>
    </message>
    <message>
        <source>deleted</source>
        <translation>삭제됨</translation>
    </message>
    <message>
        <source>policy changed</source>
        <translation>정책 변경됨</translation>
    </message>
    <message>
        <source>patched</source>
        <translation>패치됨</translation>
    </message>
    <message>
        <source>cordoned</source>
        <translation>스케줄 차단</translation>
    </message>
    <message>
        <source>drained</source>
        <translation>비워짐</translation>
    </message>
    <message>
        <source>uncordoned</source>
        <translation>스케줄 재개</translation>
    </message>
    <message>
        <source>not let through</source>
        <translation>통과 불가</translation>
    </message>
    <message>
        <source>rate limit reached</source>
        <translation>속도 제한 도달</translation>
    </message>
    <message>
        <source>faults injected</source>
        <translation>장애 주입</translation>
    </message>
    <message>
        <source>spec changed</source>
        <translation>사양 변경</translation>
    </message>
    <message>
        <source>scaled</source>
        <translation>크기 조정</translation>
    </message>
    <message>
        <source>configured</source>
        <translation>설정됨</translation>
    </message>
    <message>
        <source>created</source>
        <translation>생성됨</translation>
    </message>
    <message>
        <source>scheduled</source>
        <translation>배치됨</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>대기</translation>
    </message>
    <message>
        <source>started</source>
        <translation>시작됨</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>준비됨</translation>
    </message>
    <message>
        <source>not ready</source>
        <translation>준비 안 됨</translation>
    </message>
    <message>
        <source>no node takes it</source>
        <translation>받아 줄 노드 없음</translation>
    </message>
    <message>
        <source>ended by itself</source>
        <translation>스스로 끝남</translation>
    </message>
    <message>
        <source>called too early</source>
        <translation>너무 일찍 호출됨</translation>
    </message>
    <message>
        <source>condition</source>
        <translation>조건</translation>
    </message>
    <message>
        <source>phase</source>
        <translation>단계</translation>
    </message>
    <message>
        <source>endpoints</source>
        <translation>엔드포인트</translation>
    </message>
    <message>
        <source>taints</source>
        <translation>테인트</translation>
    </message>
    <message>
        <source>exited</source>
        <translation>종료됨</translation>
    </message>
    <message>
        <source>terminating</source>
        <translation>종료 중</translation>
    </message>
    <message>
        <source>bound</source>
        <translation>바인딩됨</translation>
    </message>
    <message>
        <source>attached</source>
        <translation>연결됨</translation>
    </message>
    <message>
        <source>detaching</source>
        <translation>분리 중</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>거부됨</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>유실</translation>
    </message>
    <message>
        <source>%1: %2 of calls from %3</source>
        <translation>%1: %3 호출의 %2</translation>
    </message>
    <message>
        <source>from %1: %2</source>
        <translation>%1에서: %2</translation>
    </message>
    <message>
        <source>users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>circuit breaker</source>
        <translation>서킷 브레이커</translation>
    </message>
    <message>
        <source>outlier</source>
        <translation>이상 인스턴스</translation>
    </message>
    <message>
        <source>evicted</source>
        <translation>축출됨</translation>
    </message>
    <message>
        <source>program</source>
        <translation>프로그램</translation>
    </message>
    <message>
        <source>control plane</source>
        <translation>컨트롤 플레인</translation>
    </message>
    <message>
        <source>zones of calls</source>
        <translation>호출 존</translation>
    </message>
    <message>
        <source>done by hand</source>
        <translation>직접 실행함</translation>
    </message>
</context>
<context>
    <name>EventsView</name>
    <message>
        <source>Events</source>
        <translation>이벤트</translation>
    </message>
    <message>
        <source>Filter: cart, kind:failing, after:2:00, -condition</source>
        <translation>필터: cart, kind:failing, after:2:00, -condition</translation>
    </message>
    <message>
        <source>Filter of the events</source>
        <translation>이벤트 필터</translation>
    </message>
    <message>
        <source>No event passes this filter.</source>
        <translation>이 필터에 맞는 이벤트가 없습니다.</translation>
    </message>
    <message>
        <source>Nothing has happened yet.</source>
        <translation>아직 아무 일도 없었습니다.</translation>
    </message>
    <message>
        <source>All</source>
        <translation>전체</translation>
    </message>
    <message>
        <source>Faults</source>
        <translation>장애</translation>
    </message>
    <message>
        <source>Failures</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>변경</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>파드</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>노드</translation>
    </message>
    <message>
        <source>%1: a time is 2:10 or 130s</source>
        <translation>%1: 시각은 2:10 또는 130s로 적습니다</translation>
    </message>
    <message>
        <source>Back to now</source>
        <translation>현재로</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%2개 중 %1개</translation>
    </message>
    <message>
        <source>Nothing before it is known to have caused it.</source>
        <translation>이보다 앞선 원인은 알려지지 않았습니다.</translation>
    </message>
    <message>
        <source>Because of</source>
        <translation>원인</translation>
    </message>
</context>
<context>
    <name>FinderText</name>
    <message>
        <source>instant</source>
        <translation>시각</translation>
    </message>
    <message>
        <source>service</source>
        <translation>서비스</translation>
    </message>
    <message>
        <source>fault</source>
        <translation>장애</translation>
    </message>
    <message>
        <source>rollout</source>
        <translation>배포</translation>
    </message>
    <message>
        <source>pod</source>
        <translation>파드</translation>
    </message>
</context>
<context>
    <name>FinderView</name>
    <message>
        <source>Find anything</source>
        <translation>무엇이든 찾기</translation>
    </message>
    <message>
        <source>A service, pod, fault, or a time like 2:10</source>
        <translation>서비스, 파드, 장애, 또는 2:10 같은 시각</translation>
    </message>
    <message>
        <source>Nothing is called so.</source>
        <translation>그런 이름은 없습니다.</translation>
    </message>
</context>
<context>
    <name>InspectorView</name>
    <message>
        <source>Inspector</source>
        <translation>상세</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>요청</translation>
    </message>
    <message>
        <source>was %1</source>
        <translation>이전 %1</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>오류</translation>
    </message>
    <message>
        <source>Latency p50 p95 p99</source>
        <translation>지연 p50 p95 p99</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>all requests from outside</source>
        <translation>외부에서 온 모든 요청</translation>
    </message>
    <message>
        <source>%1 of %2 pods ready</source>
        <translation>파드 %2개 중 %1개 준비됨</translation>
    </message>
    <message>
        <source>All users</source>
        <translation>모든 사용자</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>지연</translation>
    </message>
    <message>
        <source>%1/%2 pods</source>
        <translation>파드 %1/%2</translation>
    </message>
    <message>
        <source>Lag</source>
        <translation>지연 메시지</translation>
    </message>
    <message>
        <source>Oldest message</source>
        <translation>가장 오래된 메시지</translation>
    </message>
    <message>
        <source>Oldest</source>
        <translation>최장 대기</translation>
    </message>
    <message>
        <source>Messages finished</source>
        <translation>처리한 메시지</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>처리</translation>
    </message>
    <message>
        <source>%1 given up</source>
        <translation>포기 %1</translation>
    </message>
    <message>
        <source>in</source>
        <translation>발행</translation>
    </message>
    <message>
        <source>out</source>
        <translation>처리</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>호출</translation>
    </message>
</context>
<context>
    <name>LabView</name>
    <message>
        <source>Lab</source>
        <translation>실습</translation>
    </message>
    <message>
        <source>What will happen, and why? Write it down before you run it.</source>
        <translation>무슨 일이, 왜 일어나겠습니까? 실행하기 전에 적어 두십시오.</translation>
    </message>
    <message>
        <source>What had to hold</source>
        <translation>지켜져야 했던 것</translation>
    </message>
    <message>
        <source>All labs</source>
        <translation>모든 실습</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>단계</translation>
    </message>
    <message>
        <source>right</source>
        <translation>맞음</translation>
    </message>
    <message>
        <source>not so</source>
        <translation>아님</translation>
    </message>
    <message>
        <source>right: measured %1</source>
        <translation>맞음: 측정값 %1</translation>
    </message>
    <message>
        <source>not so: measured %1</source>
        <translation>아님: 측정값 %1</translation>
    </message>
    <message>
        <source>Commit and run</source>
        <translation>확정하고 실행</translation>
    </message>
    <message>
        <source>What you commit to cannot be changed.</source>
        <translation>확정한 답은 바꿀 수 없습니다.</translation>
    </message>
    <message>
        <source>Answer first; then it is run.</source>
        <translation>먼저 답하십시오. 그다음에 실행합니다.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>중지</translation>
    </message>
    <message>
        <source>It runs…</source>
        <translation>실행 중…</translation>
    </message>
    <message>
        <source>Next step</source>
        <translation>다음 단계</translation>
    </message>
    <message>
        <source>Once more</source>
        <translation>한 번 더</translation>
    </message>
    <message>
        <source>Look what happened.</source>
        <translation>무슨 일이 있었는지 보십시오.</translation>
    </message>
    <message>
        <source>Labs</source>
        <translation>실습</translation>
    </message>
    <message>
        <source>There are none beside this program.</source>
        <translation>이 프로그램 옆에 실습이 없습니다.</translation>
    </message>
</context>
<context>
    <name>LimitKindText</name>
    <message>
        <source>Tried again</source>
        <translation>다시 시도함</translation>
    </message>
    <message>
        <source>Breaker stops</source>
        <translation>차단기 차단</translation>
    </message>
    <message>
        <source>No room</source>
        <translation>자리 없음</translation>
    </message>
    <message>
        <source>Over limit</source>
        <translation>한도 초과</translation>
    </message>
    <message>
        <source>Not admitted</source>
        <translation>허용 안 됨</translation>
    </message>
    <message>
        <source>Retries</source>
        <translation>재시도</translation>
    </message>
    <message>
        <source>Hedges</source>
        <translation>헤지</translation>
    </message>
    <message>
        <source>Fallbacks</source>
        <translation>대체 응답</translation>
    </message>
    <message>
        <source>Openings</source>
        <translation>차단기 열림</translation>
    </message>
    <message>
        <source>Ejections</source>
        <translation>호스트 제외</translation>
    </message>
</context>
<context>
    <name>LimitsView</name>
    <message>
        <source>Limits</source>
        <translation>제한</translation>
    </message>
    <message>
        <source>Call paths with limits at work</source>
        <translation>제한이 작동한 호출 경로</translation>
    </message>
    <message>
        <source>over the run</source>
        <translation>실행 전체</translation>
    </message>
    <message>
        <source>No call was held back or tried again in this run.</source>
        <translation>이 실행에서 막히거나 다시 시도된 호출이 없습니다.</translation>
    </message>
    <message>
        <source>breaker open</source>
        <translation>차단기 열림</translation>
    </message>
    <message>
        <source>half-open</source>
        <translation>반열림</translation>
    </message>
    <message>
        <source>tries behind the first</source>
        <translation>첫 시도 뒤의 시도</translation>
    </message>
    <message>
        <source>users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>open %1 s</source>
        <translation>%1초째 열림</translation>
    </message>
    <message>
        <source>%1 calls</source>
        <translation>호출 %1</translation>
    </message>
    <message>
        <source>%1 stopped</source>
        <translation>차단 %1</translation>
    </message>
    <message>
        <source>%1 no room</source>
        <translation>자리 없음 %1</translation>
    </message>
    <message>
        <source>%1 no room in the bulkhead</source>
        <translation>벌크헤드 자리 없음 %1</translation>
    </message>
    <message>
        <source>%1 no room in the pool</source>
        <translation>연결 풀 자리 없음 %1</translation>
    </message>
    <message>
        <source>%1 over the limit of retries</source>
        <translation>재시도 한도 초과 %1</translation>
    </message>
    <message>
        <source>%1 kept out</source>
        <translation>제외 중 %1</translation>
    </message>
    <message>
        <source>%1 over</source>
        <translation>초과 %1</translation>
    </message>
    <message>
        <source>%1 not admitted</source>
        <translation>허용 안 됨 %1</translation>
    </message>
    <message>
        <source>%1 again</source>
        <translation>다시 시도 %1</translation>
    </message>
    <message>
        <source>ejection</source>
        <translation>호스트 제외</translation>
    </message>
    <message>
        <source>so far</source>
        <translation>지금까지</translation>
    </message>
    <message>
        <source>What policies did</source>
        <translation>정책이 한 일</translation>
    </message>
    <message>
        <source>What policies of %1 did</source>
        <translation>%1의 정책이 한 일</translation>
    </message>
    <message>
        <source>%1 tries per call</source>
        <translation>호출당 시도 %1</translation>
    </message>
    <message>
        <source>%1 hedged</source>
        <translation>헤지 %1</translation>
    </message>
    <message>
        <source>%1 fell back</source>
        <translation>대체 응답 %1</translation>
    </message>
    <message>
        <source>opened %1×</source>
        <translation>열림 %1회</translation>
    </message>
    <message>
        <source>ejected %1×</source>
        <translation>제외 %1회</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>아직 없음</translation>
    </message>
</context>
<context>
    <name>RequestsView</name>
    <message>
        <source>Requests</source>
        <translation>요청</translation>
    </message>
    <message>
        <source>No request was followed here.</source>
        <translation>여기서 추적한 요청이 없습니다.</translation>
    </message>
    <message>
        <source>All</source>
        <translation>전체</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>Slowest first</source>
        <translation>느린 순</translation>
    </message>
    <message>
        <source>%1 in these 5 s</source>
        <translation>이 5초 동안 %1건</translation>
    </message>
    <message>
        <source>%1 by way of %2</source>
        <translation>%2 경유 %1건</translation>
    </message>
    <message>
        <source>%1 calls</source>
        <translation>호출 %1건</translation>
    </message>
    <message>
        <source>Show all of it</source>
        <translation>전체 보기</translation>
    </message>
    <message>
        <source>Drag below to zoom</source>
        <translation>아래에서 끌어 확대</translation>
    </message>
    <message>
        <source>users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>try %1</source>
        <translation>시도 %1</translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation>%1건 실패</translation>
    </message>
    <message>
        <source>was answered in %1</source>
        <translation>%1 만에 응답</translation>
    </message>
    <message>
        <source>calls %1</source>
        <translation>호출이 %1</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>실패했습니다</translation>
    </message>
    <message>
        <source>pale: waits for an instance</source>
        <translation>흐림: 인스턴스 대기</translation>
    </message>
    <message>
        <source>no instance began</source>
        <translation>시작한 인스턴스 없음</translation>
    </message>
    <message>
        <source>where it broke</source>
        <translation>끊긴 곳</translation>
    </message>
</context>
<context>
    <name>ScenarioView</name>
    <message>
        <source>Scenario</source>
        <translation>시나리오</translation>
    </message>
    <message>
        <source>Is checked…</source>
        <translation>검사 중…</translation>
    </message>
    <message>
        <source>%1 problems</source>
        <translation>문제 %1개</translation>
    </message>
    <message>
        <source>Passed</source>
        <translation>통과</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>Inconclusive</source>
        <translation>판단 불가</translation>
    </message>
    <message>
        <source>It is over. Nothing was expected of it.</source>
        <translation>끝났습니다. 기대 조건은 없었습니다.</translation>
    </message>
    <message>
        <source>%1 passed</source>
        <translation>통과 %1개</translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation>실패 %1개</translation>
    </message>
    <message>
        <source>%1 inconclusive</source>
        <translation>판단 불가 %1개</translation>
    </message>
    <message>
        <source>%1: %2 of what was expected.</source>
        <translation>%1: 기대 조건 %2.</translation>
    </message>
    <message>
        <source>Nothing is wrong with it.</source>
        <translation>문제가 없습니다.</translation>
    </message>
    <message>
        <source>Runs; what is over can be looked at already.</source>
        <translation>실행 중입니다. 지나간 부분은 이미 볼 수 있습니다.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>중지</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>검사</translation>
    </message>
    <message>
        <source>Open a scenario: drop a JSON or YAML file here.</source>
        <translation>시나리오 열기: JSON 또는 YAML 파일을 여기에 놓으세요.</translation>
    </message>
    <message>
        <source>Run by hand</source>
        <translation>직접 하며 실행</translation>
    </message>
    <message>
        <source>Save what was done…</source>
        <translation>한 일을 저장…</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>값</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>저장</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>다시 하기</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>되돌리기</translation>
    </message>
    <message>
        <source>%1 Not saved.</source>
        <translation>%1 저장되지 않음.</translation>
    </message>
    <message>
        <source>line %1, %2</source>
        <translation>%1행, %2</translation>
    </message>
    <message>
        <source>Live hosts can run it.</source>
        <translation>실제 호스트에서 실행할 수 있습니다.</translation>
    </message>
    <message>
        <source>Hosts are made ready; then it runs by the clock.</source>
        <translation>호스트를 준비한 뒤 실제 시간으로 실행됩니다.</translation>
    </message>
    <message>
        <source>Live hosts</source>
        <translation>실제 호스트</translation>
    </message>
    <message>
        <source>Simulated</source>
        <translation>시뮬레이션</translation>
    </message>
    <message>
        <source>Where it runs: %1, chosen</source>
        <translation>실행 위치: %1, 선택됨</translation>
    </message>
    <message>
        <source>Where it runs: %1</source>
        <translation>실행 위치: %1</translation>
    </message>
</context>
<context>
    <name>SequenceText</name>
    <message>
        <source>Save an image sequence</source>
        <translation>연속 그림 저장</translation>
    </message>
    <message>
        <source>From</source>
        <translation>처음</translation>
    </message>
    <message>
        <source>To</source>
        <translation>끝</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>간격</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>폴더 선택…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>A time is 2:10 or 130s.</source>
        <translation>시각은 2:10이나 130s처럼 적습니다.</translation>
    </message>
    <message>
        <source>%1 pictures are in %2.</source>
        <translation>그림 %1장이 %2에 있습니다.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>저장</translation>
    </message>
    <message>
        <source>No recording is open.</source>
        <translation>열린 기록이 없습니다.</translation>
    </message>
    <message>
        <source>Pictures are at least 1 ms apart.</source>
        <translation>그림 사이는 1 ms 이상입니다.</translation>
    </message>
    <message>
        <source>It begins at %1, and the run or the stretch ends at %2.</source>
        <translation>%1에 시작하지만 실행이나 구간은 %2에 끝납니다.</translation>
    </message>
    <message>
        <source>It would be %1 pictures, and no more than %2 are made at once: choose a shorter stretch, or fewer of them.</source>
        <translation>그림이 %1장이 됩니다. 한 번에 %2장까지만 만듭니다: 더 짧은 구간이나 더 긴 간격을 고르세요.</translation>
    </message>
    <message>
        <source>The folder %1 cannot be made.</source>
        <translation>폴더 %1을(를) 만들 수 없습니다.</translation>
    </message>
    <message>
        <source>The picture could not be written: %1</source>
        <translation>그림을 저장할 수 없습니다: %1</translation>
    </message>
</context>
<context>
    <name>ServiceGraphView</name>
    <message>
        <source>Services</source>
        <translation>서비스</translation>
    </message>
    <message>
        <source>%1 services</source>
        <translation>서비스 %1개</translation>
    </message>
    <message>
        <source>%1 call paths</source>
        <translation>호출 경로 %1개</translation>
    </message>
    <message>
        <source>ENTRY</source>
        <translation>입구</translation>
    </message>
    <message>
        <source>HOP %1</source>
        <translation>%1단계</translation>
    </message>
    <message>
        <source>Line width: calls per second</source>
        <translation>선 굵기: 초당 호출 수</translation>
    </message>
    <message>
        <source>request</source>
        <translation>요청</translation>
    </message>
    <message>
        <source>failed call</source>
        <translation>실패한 호출</translation>
    </message>
    <message>
        <source>Numbers: order in which the failure arrived</source>
        <translation>숫자: 장애가 도달한 순서</translation>
    </message>
    <message>
        <source>Switch: circuit breaker</source>
        <translation>스위치: 차단기</translation>
    </message>
    <message>
        <source>users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>half-open</source>
        <translation>반열림</translation>
    </message>
    <message>
        <source>open %1 s</source>
        <translation>열림 %1 s</translation>
    </message>
    <message>
        <source>no ready pod</source>
        <translation>준비된 파드 없음</translation>
    </message>
    <message>
        <source>%1 of %2 pods</source>
        <translation>파드 %1/%2</translation>
    </message>
    <message>
        <source>%1 err</source>
        <translation>오류 %1</translation>
    </message>
    <message>
        <source>no calls</source>
        <translation>호출 없음</translation>
    </message>
    <message>
        <source>Open a recording: drop a file here, or press Ctrl+O</source>
        <translation>기록 열기: 파일을 여기에 놓거나 Ctrl+O를 누르세요</translation>
    </message>
    <message>
        <source>Make one with: orrery run SCENARIO --seeds 1 --record FILE.orrery</source>
        <translation>기록 만들기: orrery run SCENARIO --seeds 1 --record FILE.orrery</translation>
    </message>
    <message>
        <source>1 call path</source>
        <translation>호출 경로 1개</translation>
    </message>
    <message>
        <source>1 service</source>
        <translation>서비스 1개</translation>
    </message>
    <message>
        <source>All groups</source>
        <translation>모든 그룹</translation>
    </message>
    <message>
        <source>%1 not well</source>
        <translation>비정상 %1개</translation>
    </message>
    <message>
        <source>Opened before</source>
        <translation>최근에 연 기록</translation>
    </message>
    <message>
        <source>%1, %2, %3 errors, %4</source>
        <translation>%1, %2, 오류 %3, %4</translation>
    </message>
    <message>
        <source>%1 of %2 pods ready</source>
        <translation>파드 %2개 중 %1개 준비됨</translation>
    </message>
    <message>
        <source>To begin with</source>
        <translation>처음이라면</translation>
    </message>
    <message>
        <source>only what the failure has reached (P)</source>
        <translation>장애가 닿은 것만 (P)</translation>
    </message>
    <message>
        <source>Hurt with it: %1, and users</source>
        <translation>함께 영향받음: %1, 그리고 사용자</translation>
    </message>
    <message>
        <source>Hurt with it: %1</source>
        <translation>함께 영향받음: %1</translation>
    </message>
    <message>
        <source>It needs: %1</source>
        <translation>필요로 함: %1</translation>
    </message>
    <message>
        <source>P: all services</source>
        <translation>P: 모든 서비스</translation>
    </message>
    <message>
        <source>P: only these</source>
        <translation>P: 이것만</translation>
    </message>
    <message>
        <source>breaker open</source>
        <translation>차단기 열림</translation>
    </message>
</context>
<context>
    <name>ShippedText</name>
    <message>
        <source>A shop that loses a zone</source>
        <translation>존 하나를 잃는 상점</translation>
    </message>
    <message>
        <source>A rollout, and what is killed in the middle of it</source>
        <translation>배포 중에 강제 종료가 일어나면</translation>
    </message>
    <message>
        <source>A storm of retries that does not end</source>
        <translation>끝나지 않는 재시도 폭풍</translation>
    </message>
    <message>
        <source>Lab L02: the arithmetic of a rolling update</source>
        <translation>실습 L02: 롤링 업데이트의 수학</translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>Healthy</source>
        <translation>정상</translation>
    </message>
    <message>
        <source>Degraded</source>
        <translation>저하</translation>
    </message>
    <message>
        <source>Failing</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>유실</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>시작 중</translation>
    </message>
    <message>
        <source>Recovering</source>
        <translation>회복 중</translation>
    </message>
    <message>
        <source>Draining</source>
        <translation>비우는 중</translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message>
        <source>%1: %2 replicas</source>
        <translation>%1: 레플리카 %2개</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>타임라인</translation>
    </message>
    <message>
        <source>max</source>
        <translation>최대</translation>
    </message>
    <message>
        <source>of %1 simulated</source>
        <translation>/ %1 시뮬레이션</translation>
    </message>
    <message>
        <source>of %1 live</source>
        <translation>/ %1 실제</translation>
    </message>
    <message>
        <source>next fault</source>
        <translation>다음 장애</translation>
    </message>
    <message>
        <source>1 s</source>
        <translation>1초</translation>
    </message>
    <message>
        <source>event</source>
        <translation>이벤트</translation>
    </message>
    <message>
        <source>play</source>
        <translation>재생</translation>
    </message>
    <message>
        <source>Faults</source>
        <translation>장애</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>변경</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>오류</translation>
    </message>
    <message>
        <source>%1 rolled out</source>
        <translation>%1 배포 완료</translation>
    </message>
    <message>
        <source>%1 rolls out</source>
        <translation>%1 배포 중</translation>
    </message>
    <message>
        <source>No service was hit.</source>
        <translation>영향을 받은 서비스가 없습니다.</translation>
    </message>
    <message>
        <source>users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>The first calls %1.</source>
        <translation>첫 호출들: %1.</translation>
    </message>
    <message>
        <source>The first requests fail, as calls to %1 %2.</source>
        <translation>첫 요청들이 실패합니다. %1 호출: %2.</translation>
    </message>
    <message>
        <source>The runs do not part so far</source>
        <translation>지금까지 두 실행이 같습니다</translation>
    </message>
    <message>
        <source>The runs part at %1: other calls to %2</source>
        <translation>두 실행이 %1에 갈라짐: %2 호출이 다름</translation>
    </message>
    <message>
        <source>The runs part at %1: only in %2, %3</source>
        <translation>두 실행이 %1에 갈라짐: %2에만, %3</translation>
    </message>
    <message>
        <source>held</source>
        <translation>멈춰 있음</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>한 단계 진행 중</translation>
    </message>
    <message>
        <source>runs</source>
        <translation>진행 중</translation>
    </message>
    <message>
        <source>Save as a scenario…</source>
        <translation>시나리오로 저장…</translation>
    </message>
    <message>
        <source>to the next fault</source>
        <translation>다음 장애까지</translation>
    </message>
    <message>
        <source>to what happens next</source>
        <translation>다음 사건까지</translation>
    </message>
    <message>
        <source>bookmark at %1</source>
        <translation>%1의 책갈피</translation>
    </message>
    <message>
        <source>Previous event</source>
        <translation>이전 이벤트</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>멈춤</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>재생</translation>
    </message>
    <message>
        <source>Next event</source>
        <translation>다음 이벤트</translation>
    </message>
    <message>
        <source>Run from here</source>
        <translation>여기서부터 실행</translation>
    </message>
    <message>
        <source>The timeline of the run stands here: faults, changes, errors, services that are hit.</source>
        <translation>실행의 시간표가 여기에 나옵니다: 장애, 변경, 오류, 영향받은 서비스.</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Run</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>열기…</translation>
    </message>
    <message>
        <source>No recording is open</source>
        <translation>열린 기록이 없습니다</translation>
    </message>
    <message>
        <source>seed %1</source>
        <translation>시드 %1</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>시뮬레이션</translation>
    </message>
    <message>
        <source>live</source>
        <translation>실제</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>Find anything</source>
        <translation>무엇이든 찾기</translation>
    </message>
    <message>
        <source>Light colours</source>
        <translation>밝은 색</translation>
    </message>
    <message>
        <source>Dark colours</source>
        <translation>어두운 색</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>메뉴</translation>
    </message>
</context>
<context>
    <name>WhyLine</name>
    <message>
        <source>Why</source>
        <translation>원인</translation>
    </message>
</context>
<context>
    <name>WhyText</name>
    <message>
        <source>Users</source>
        <translation>사용자</translation>
    </message>
    <message>
        <source>are served again</source>
        <translation>다시 정상 응답</translation>
    </message>
    <message>
        <source>has misconfigured callers</source>
        <translation>호출자 설정이 잘못됨</translation>
    </message>
    <message>
        <source>has a full disk</source>
        <translation>디스크가 가득 참</translation>
    </message>
    <message>
        <source>has larger messages cut off</source>
        <translation>큰 메시지가 끊김</translation>
    </message>
    <message>
        <source>has a slow leader</source>
        <translation>리더가 느림</translation>
    </message>
    <message>
        <source>lost its leader</source>
        <translation>리더가 종료됨</translation>
    </message>
    <message>
        <source>lost its kubelet</source>
        <translation>kubelet가 종료됨</translation>
    </message>
    <message>
        <source>lost its node agent</source>
        <translation>노드 에이전트가 종료됨</translation>
    </message>
    <message>
        <source>crashes after writes</source>
        <translation>쓰기 뒤 중단됨</translation>
    </message>
    <message>
        <source>answers slowly</source>
        <translation>응답이 느림</translation>
    </message>
    <message>
        <source>refuses calls</source>
        <translation>호출을 거부함</translation>
    </message>
    <message>
        <source>cannot be reached</source>
        <translation>연결할 수 없음</translation>
    </message>
    <message>
        <source>is told old news</source>
        <translation>오래된 변경을 받음</translation>
    </message>
    <message>
        <source>is not told of changes</source>
        <translation>변경을 받지 못함</translation>
    </message>
    <message>
        <source>is told of changes late</source>
        <translation>변경을 늦게 받음</translation>
    </message>
    <message>
        <source>lost members of its store</source>
        <translation>저장소 구성원을 잃음</translation>
    </message>
    <message>
        <source>has a slow store</source>
        <translation>저장소가 느림</translation>
    </message>
    <message>
        <source>gets images slowly</source>
        <translation>이미지를 느리게 받음</translation>
    </message>
    <message>
        <source>gets no images</source>
        <translation>이미지를 받지 못함</translation>
    </message>
    <message>
        <source>has a slow network</source>
        <translation>네트워크가 느림</translation>
    </message>
    <message>
        <source>loses packets</source>
        <translation>패킷이 손실됨</translation>
    </message>
    <message>
        <source>gets corrupt packets</source>
        <translation>패킷이 손상됨</translation>
    </message>
    <message>
        <source>has little bandwidth</source>
        <translation>대역폭이 부족함</translation>
    </message>
    <message>
        <source>has connections reset</source>
        <translation>연결이 재설정됨</translation>
    </message>
    <message>
        <source>has a name that is not found</source>
        <translation>이름을 찾지 못함</translation>
    </message>
    <message>
        <source>has calls aborted</source>
        <translation>호출이 중단됨</translation>
    </message>
    <message>
        <source>has calls held up</source>
        <translation>호출이 지연됨</translation>
    </message>
    <message>
        <source>has answers replaced</source>
        <translation>응답이 바뀜</translation>
    </message>
    <message>
        <source>stopped working</source>
        <translation>작동을 멈춤</translation>
    </message>
    <message>
        <source>has its CPU taken</source>
        <translation>CPU를 빼앗김</translation>
    </message>
    <message>
        <source>has its memory taken</source>
        <translation>메모리를 빼앗김</translation>
    </message>
    <message>
        <source>stands still</source>
        <translation>멈춰 있음</translation>
    </message>
    <message>
        <source>waits longer for its disk</source>
        <translation>디스크 대기가 길어짐</translation>
    </message>
    <message>
        <source>has stale endpoints</source>
        <translation>엔드포인트가 오래됨</translation>
    </message>
    <message>
        <source>closes connections slowly</source>
        <translation>연결을 느리게 닫음</translation>
    </message>
    <message>
        <source>%1 of calls time out</source>
        <translation>호출의 %1가 시간 초과</translation>
    </message>
    <message>
        <source>%1 of calls are refused</source>
        <translation>호출의 %1가 거부됨</translation>
    </message>
    <message>
        <source>%1 of calls are cut off</source>
        <translation>호출의 %1가 끊김</translation>
    </message>
    <message>
        <source>has no ready pod</source>
        <translation>준비된 파드 없음</translation>
    </message>
    <message>
        <source>is cut off by open breakers</source>
        <translation>열린 차단기로 끊김</translation>
    </message>
    <message>
        <source>%1 of calls find no room</source>
        <translation>호출의 %1가 자리 없음</translation>
    </message>
    <message>
        <source>%1 of calls are over the limit</source>
        <translation>호출의 %1가 한도 초과</translation>
    </message>
    <message>
        <source>%1 of calls are not admitted</source>
        <translation>호출의 %1가 받아들여지지 않음</translation>
    </message>
    <message>
        <source>fails with it, %1 errors</source>
        <translation>함께 실패, 오류 %1</translation>
    </message>
    <message>
        <source>%1 errors</source>
        <translation>오류 %1</translation>
    </message>
    <message>
        <source>has more to do than it can</source>
        <translation>감당할 수 없는 부하</translation>
    </message>
    <message>
        <source>makes errors of its own</source>
        <translation>자체 오류</translation>
    </message>
    <message>
        <source>is shut by NetworkPolicies</source>
        <translation>NetworkPolicy에 막힘</translation>
    </message>
    <message>
        <source>is asked for more than a rate limit lets through</source>
        <translation>호출량이 속도 제한을 넘음</translation>
    </message>
    <message>
        <source>has faults injected into its calls</source>
        <translation>호출에 장애가 주입됨</translation>
    </message>
    <message>
        <source>was applied</source>
        <translation>적용됨</translation>
    </message>
    <message>
        <source>was deleted</source>
        <translation>삭제됨</translation>
    </message>
    <message>
        <source>was changed</source>
        <translation>변경됨</translation>
    </message>
    <message>
        <source>has callers whose policies were changed</source>
        <translation>호출 정책이 바뀜</translation>
    </message>
    <message>
        <source>went dark</source>
        <translation>연결 끊김</translation>
    </message>
    <message>
        <source>was lost</source>
        <translation>유실됨</translation>
    </message>
    <message>
        <source>was killed</source>
        <translation>강제 종료됨</translation>
    </message>
    <message>
        <source>became unwell</source>
        <translation>상태 이상</translation>
    </message>
    <message>
        <source>was cut off</source>
        <translation>끊김</translation>
    </message>
    <message>
        <source>Users see %1 errors</source>
        <translation>사용자 오류 %1</translation>
    </message>
    <message>
        <source>what led to them is not recorded</source>
        <translation>원인은 기록되지 않았습니다</translation>
    </message>
    <message>
        <source>Users notice nothing</source>
        <translation>사용자는 모릅니다</translation>
    </message>
    <message>
        <source>All is well</source>
        <translation>이상 없음</translation>
    </message>
    <message>
        <source>calls fail inside, but no request of theirs does</source>
        <translation>내부 호출은 실패하지만 사용자 요청은 실패하지 않습니다</translation>
    </message>
    <message>
        <source>no request of users fails</source>
        <translation>실패하는 사용자 요청이 없습니다</translation>
    </message>
    <message>
        <source>time out</source>
        <translation>시간 초과</translation>
    </message>
    <message>
        <source>are refused</source>
        <translation>거부됨</translation>
    </message>
    <message>
        <source>are cut off</source>
        <translation>끊김</translation>
    </message>
    <message>
        <source>find no ready pod</source>
        <translation>준비된 파드 없음</translation>
    </message>
    <message>
        <source>stop at an open breaker</source>
        <translation>열린 차단기에서 멈춤</translation>
    </message>
    <message>
        <source>find no room</source>
        <translation>자리 없음</translation>
    </message>
    <message>
        <source>are over the limit</source>
        <translation>한도 초과</translation>
    </message>
    <message>
        <source>are not admitted</source>
        <translation>받아들여지지 않음</translation>
    </message>
    <message>
        <source>fail further on</source>
        <translation>그 뒤에서 실패</translation>
    </message>
    <message>
        <source>end in errors</source>
        <translation>오류로 끝남</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Open a recording</source>
        <translation>기록 열기</translation>
    </message>
    <message>
        <source>Save a picture</source>
        <translation>그림 저장</translation>
    </message>
    <message>
        <source>The picture could not be written: %1</source>
        <translation>그림을 저장할 수 없습니다: %1</translation>
    </message>
    <message>
        <source>Pictures (*.png *.svg)</source>
        <translation>그림 (*.png *.svg)</translation>
    </message>
    <message>
        <source>It was stopped.</source>
        <translation>중지되었습니다.</translation>
    </message>
    <message>
        <source>Recordings and scenarios (*.orrery *.json *.yaml *.yml);;All files (*)</source>
        <translation>기록과 시나리오 (*.orrery *.json *.yaml *.yml);;모든 파일 (*)</translation>
    </message>
    <message>
        <source>Save what was done as a scenario</source>
        <translation>한 일을 시나리오로 저장</translation>
    </message>
    <message>
        <source>Scenarios (*.json)</source>
        <translation>시나리오 (*.json)</translation>
    </message>
    <message>
        <source>The scenario could not be written: %1</source>
        <translation>시나리오를 쓸 수 없습니다: %1</translation>
    </message>
    <message>
        <source>Save the scenario first: its file does not say what was run.</source>
        <translation>먼저 시나리오를 저장하세요: 파일의 내용이 실행된 것과 다릅니다.</translation>
    </message>
    <message>
        <source>The scenario was not saved: %1</source>
        <translation>시나리오를 저장하지 못했습니다: %1</translation>
    </message>
    <message>
        <source>its file was changed by another program since it was opened.</source>
        <translation>연 뒤에 다른 프로그램이 파일을 바꾸었습니다.</translation>
    </message>
    <message>
        <source>%1 was changed and is not saved.</source>
        <translation>%1이(가) 바뀌었고 저장되지 않았습니다.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>저장</translation>
    </message>
    <message>
        <source>Do not save</source>
        <translation>저장하지 않음</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>열기…</translation>
    </message>
    <message>
        <source>Save a picture…</source>
        <translation>그림 저장…</translation>
    </message>
    <message>
        <source>Save an image sequence…</source>
        <translation>연속 그림 저장…</translation>
    </message>
    <message>
        <source>Keys and licences</source>
        <translation>단축키와 라이선스</translation>
    </message>
    <message>
        <source>Live hosts could not run it:</source>
        <translation>실제 호스트에서 실행할 수 없습니다:</translation>
    </message>
    <message>
        <source>Runs by the clock.</source>
        <translation>실제 시간으로 실행 중입니다.</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>zone %1</source>
        <translation>%1 존</translation>
    </message>
    <message>
        <source>control plane</source>
        <translation>컨트롤 플레인</translation>
    </message>
</context>
</TS>
