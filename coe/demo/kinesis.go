package demo

import "coetracker/coe"

// kinesis is the Kinesis outage of 25 November 2020. Times and what happened
// at them follow the public summary in our own words, unless they carry the
// word invented.
func kinesis() story {
	return story{
		title: "Kinesis in us-east-1 failed for seventeen hours after capacity was added", kind: coe.Incident, severity: 1,
		owner: "mei", team: "Streaming", services: []string{"kinesis-frontend"}, writers: []string{"jonas"},
		reviewers: []string{"ruth", "ana"}, approvals: []string{"ruth", "ana"}, zone: "America/Los_Angeles", tags: "capacity threads us-east-1",
		written: "2026-02-09 09:30", until: coe.Published,
		sections: map[coe.SectionName]string{
			"summary": "On Wednesday 25 November 2020, from 05:15 to 22:23 PST, putting and getting records in Kinesis failed in us-east-1. A small addition of servers to the front-end fleet, made between 02:44 and 03:47, pushed every server of the fleet over the limit of threads that the operating system allowed: each server keeps a thread for every other one. Maps of shards could no longer be built, so requests could not be routed. The added servers were taken out and the whole fleet was restarted, a few hundred servers an hour. Bigger and therefore fewer servers (A-1) and an alarm on threads (A-2) are in place; splitting the front end into cells (A-4) goes on.\n\n> This document retells a public event to show the form. The course of it follows the provider's public summary; people, tickets, numbers and actions marked *invented* are made up.",
			"impact":  "Customers could not put records into streams nor get them out. Services that use Kinesis failed with it:\n\n- Cognito: sign-in and identity calls failed or were slow; error rates rose sharply at 07:01, and it was normal again at 14:18.\n- CloudWatch: metrics and logs were late or lost and alarms went to *insufficient data*; recovery was visible from 17:47 and complete at 22:31.\n- Lambda: from 06:15 functions failed because their hosts ran out of memory while they kept metrics back; mitigated at 10:36.\n- EventBridge, and with it ECS and EKS: new clusters and tasks were slow to start.\n\nThe usual way to post to the status page depended on Cognito; the manual way was known to few.",
			"sharing": "Asked of every team whose servers talk to all others of their fleet: what grows with the square of the fleet, and which limit is next?",
		},
		impacts: []impact{
			{what: "Put and get calls (invented)", affected: "61 %", total: "100 %", place: "us-east-1", from: "2020-11-25 05:15", to: "2020-11-25 22:23"},
			{what: "Customers whose sign-in through Cognito failed", place: "us-east-1", unmeasured: 6},
		},
		entries: []entry{
			{at: "2020-11-25 02:44", kind: "change", text: "A small addition of capacity to the front-end fleet begins.", evidence: "[Change 7741](https://changes.example.com/7741)"},
			{at: "2020-11-25 03:47", kind: "trigger", text: "The addition is complete. Servers that are there already learn of new ones within an hour, and start a thread for each.", evidence: "[Change 7741](https://changes.example.com/7741)"},
			{at: "2020-11-25 05:15", kind: "impact_start", text: "Errors begin when records are put and got.", evidence: "[Graph 1](https://graphs.example.com/kds-1)"},
			{at: "2020-11-25 05:15:40", kind: "detected", how: "alarm", text: "Alarms fire for put and get. (second invented)", evidence: "[Alarm kds-put-errors](https://alarms.example.com/kds-put)"},
			{at: "2020-11-25 05:22", kind: "engaged", text: "The front-end on-call opens the bridge. (invented)", who: "front-end on-call", evidence: "[Bridge log](https://bridge.example.com/1125)", gap: "Errors of many kinds were sorted; the new servers were suspected and other causes looked at in parallel. (invented)"},
			{at: "2020-11-25 06:15", kind: "note", text: "Lambda functions begin to fail: hosts run short of memory while metrics wait.", evidence: "[Lambda event](https://events.example.com/lambda)", gap: "Candidates were struck off one by one. (invented)"},
			{at: "2020-11-25 07:01", kind: "note", text: "Cognito has added capacity to buffer calls, which helped at first; now its error rate rises sharply.", evidence: "[Cognito event](https://events.example.com/cognito)", gap: "Two candidates were left to prove. (invented)"},
			{at: "2020-11-25 07:51", kind: "diagnosis", text: "A couple of candidates remain. All of the likely ones mean a full restart of the front-end fleet, which is long and has to be done with care.", who: "front-end on-call", evidence: "[Bridge log, 07:51](https://bridge.example.com/1125#0751)", gap: "Servers were taken apart to see which limit they had met. (invented)"},
			{at: "2020-11-25 08:40", kind: "decision", text: "The added servers are taken out; raising the limit of the operating system without tests is refused. (time invented)", who: "event leader", evidence: "[Bridge log, 08:40](https://bridge.example.com/1125#0840)", gap: "The restart was prepared with configuration that loads maps faster. (invented)"},
			{at: "2020-11-25 09:39", kind: "diagnosis", text: "Confirmed: not memory, but every server over its limit of threads. Maps of shards could not be built, so requests could not be routed.", who: "front-end on-call", evidence: "[Thread counts](https://graphs.example.com/kds-threads)", gap: "The first group was readied. (invented)"},
			{at: "2020-11-25 10:07", kind: "mitigation_start", text: "The first group of servers comes back and takes traffic. More follow at a few hundred an hour: building maps competes with serving requests.", evidence: "[Graph 2](https://graphs.example.com/kds-2)", gap: "Servers were added at the same pace. (invented)"},
			{at: "2020-11-25 10:15", kind: "change", text: "Cognito begins to deploy a change that makes it lean less on Kinesis.", evidence: "[Deployment](https://deploys.example.com/cognito)"},
			{at: "2020-11-25 10:36", kind: "note", text: "Lambda is mitigated.", evidence: "[Lambda event](https://events.example.com/lambda)", gap: "Servers were added at the same pace. (invented)"},
			{at: "2020-11-25 12:00", kind: "diagnosis", text: "From noon the error rate of Kinesis falls steadily.", evidence: "[Graph 1](https://graphs.example.com/kds-1)", gap: "Servers were added at the same pace. (invented)"},
			{at: "2020-11-25 14:18", kind: "note", text: "Cognito works as before.", evidence: "[Cognito event](https://events.example.com/cognito)", gap: "Servers were added at the same pace. (invented)"},
			{at: "2020-11-25 16:15", kind: "note", text: "EventBridge begins to recover; ECS and EKS follow.", evidence: "[EventBridge event](https://events.example.com/eventbridge)", gap: "Servers were added at the same pace. (invented)"},
			{at: "2020-11-25 17:47", kind: "note", text: "First signs of recovery in CloudWatch.", evidence: "[CloudWatch event](https://events.example.com/cloudwatch)", gap: "The last servers were added. (invented)"},
			{at: "2020-11-25 22:23", kind: "mitigated", text: "Kinesis is back to normal.", evidence: "[Graph 1](https://graphs.example.com/kds-1)"},
			{at: "2020-11-25 22:31", kind: "resolved", text: "CloudWatch metrics and alarms have recovered in full.", evidence: "[CloudWatch event](https://events.example.com/cloudwatch)"},
			{at: "2020-11-25 23:10", kind: "comms", text: "All clear is published. (invented)", who: "support lead", evidence: "[Status entry](https://status.example.com/kds)"},
		},
		graphs: []graph{{title: "Put calls that failed in us-east-1, percent (invented)", unit: "%", caption: "errors rise at 05:15, fall from noon, and end at 22:23", csv: kinesisErrors}},
		answers: []answer{
			{id: "D1", text: "Impact began at 05:15; alarms fired in the same minute."},
			{id: "D2", text: "By alarms on put and get."},
			{id: "D3", text: "Yes."},
			{id: "D4", text: "The thread count of every server had been close to its limit for weeks. (invented)", action: 2},
			{id: "D5", text: "An alarm on threads would have spoken before any customer felt it.", saved: 90, action: 2},
			{id: "D6", text: "Yes, on threads against the limit.", action: 2},
			{id: "E1", text: "The front-end on-call; owners of Cognito, CloudWatch and Lambda came in later. (invented)"},
			{id: "E2", text: "Yes. Earlier would not have been shorter."},
			{id: "G1", text: "By taking servers apart until the limit showed. Memory pressure was the wrong idea that cost most."},
			{id: "G2", text: "Yes: the addition of capacity, finished an hour and a half before."},
			{id: "G3", text: "Hard: many kinds of error at once, most of them effects."},
			{id: "G4", text: "A figure of threads on the fleet's page.", saved: 110, action: 2},
			{id: "M1", text: "A restart runbook existed for small groups, not for the whole fleet. (invented)"},
			{id: "M2", text: "At 22:23."},
			{id: "M3", text: "By the error rates of put and get, and by the services that depend on them."},
			{id: "M4", text: "A start that does not compete with serving: maps from a fleet of their own.", saved: 480, action: 3},
			{id: "C1", text: "An addition of servers, by the usual pipeline. (pipeline invented)"},
			{id: "C2", text: "All of the front-end fleet: it is one cell."},
			{id: "C3", text: "None watched threads; nothing rolled it back."},
			{id: "C4", text: "Tests ran on a fleet far smaller than this one."},
			{id: "C5", text: "Not applicable: it was not done by hand.", na: true},
			{id: "C6", text: "Yes, had it compared the fleet's size with the limit of threads.", action: 5},
			{id: "P1", text: "Cells for the front end were planned; the back end has them."},
			{id: "P2", text: "Yes, a check of fleet size against the limit.", action: 5},
			{id: "P3", text: "A year before; limits of the operating system were not asked about. (invented)"},
			{id: "P4", text: "No."},
			{id: "P5", text: "The limit shows at this size only."},
			{id: "P6", text: "No."},
		},
		whys: []why{
			{root: coe.Happened, text: "Because no server of the front-end fleet could route requests.", factor: "latent defect", under: []why{
				{root: coe.Happened, text: "Because maps of shards could not be built.", factor: "latent defect", under: []why{
					{root: coe.Happened, text: "Because each server had more threads than the operating system allows.", factor: "configuration", answers: []int{2, 5}},
					{root: coe.Happened, text: "Because each server keeps a thread for every other server, so threads grow with the fleet.", factor: "capacity", answers: []int{1}},
				}},
				{root: coe.Happened, text: "Because the front end of the region is one cell, so one limit met all of it.", factor: "capacity", answers: []int{4}},
			}},
			{root: coe.FoundLate, text: "Because nothing spoke until customers saw errors.", factor: "monitoring gap", under: []why{
				{root: coe.FoundLate, text: "Because threads were not measured against their limit.", factor: "monitoring gap", answers: []int{2}},
			}},
			{root: coe.FixedLate, text: "Because the whole fleet had to restart, a few hundred servers an hour.", factor: "capacity", under: []why{
				{root: coe.FixedLate, text: "Because building maps competes with serving requests on the same server.", factor: "latent defect", answers: []int{3}},
				{root: coe.FixedLate, text: "Because telling customers depended on a service that was down.", factor: "dependency", answers: []int{7}},
			}},
		},
		lessons: []lesson{
			{kind: coe.ShortTerm, text: "Know what grows with the square of a fleet, and alarm on its limit.", answers: []int{2}},
			{kind: coe.LongTerm, text: "A fleet of one cell fails as one.", answers: []int{4}},
			{kind: coe.ShortTerm, text: "The way to tell customers is practised without what may be down.", answers: []int{7}},
			{kind: coe.WentWell, text: "Raising a limit untested was refused under pressure."},
		},
		actions: []action{
			{title: "Move the front end to larger servers, so that there are fewer", owner: "jonas", priority: "P0", kind: "prevent", horizon: "short", criterion: "Threads stay under half of the limit", proof: "deployment", due: "2026-02-24", state: "verified", on: "2026-02-23 17:40", proven: "[Fleet change 7802](https://changes.example.com/7802)"},
			{title: "Alarm on threads against the limit of the operating system", owner: "mei", priority: "P1", kind: "detect", horizon: "short", criterion: "Fires at 60 % of the limit in a drill", proof: "alarm_drill", due: "2026-03-10", state: "verified", on: "2026-03-10 14:00", proven: "[Drill of 10 Mar](https://drills.example.com/threads)"},
			{title: "Serve maps of shards from a fleet of their own", owner: "jonas", priority: "P1", kind: "mitigate", horizon: "long", criterion: "A cold start of the fleet takes under an hour", proof: "experiment", due: "2026-02-27", moved: []move{{"2026-02-26 11:00", "2026-03-10", "The cache format had to change first"}, {"2026-03-09 15:45", "2026-03-17", "Load tests found a leak in the new cache"}}, state: "in_progress", on: "2026-02-16 10:00"},
			{title: "Split the front end into cells", owner: "mei", priority: "P2", kind: "prevent", horizon: "long", criterion: "Losing one cell fails under a tenth of requests", due: "2026-04-06", state: "in_progress", on: "2026-02-20 10:00"},
			{title: "Refuse additions that would pass the limit of threads", owner: "priya", priority: "P1", kind: "prevent", horizon: "short", criterion: "The fleet tool refuses in a test", proof: "test", due: "2026-03-11", moved: []move{{"2026-03-10 17:00", "2026-03-19", "The limit differs between host types"}}},
			{title: "Count the customers whose sign-in failed", owner: "tomas", priority: "P3", kind: "learn", horizon: "short", criterion: "The number stands in section 2", due: "2026-05-04", state: "declined", reason: "The logs of that day are gone; the share of failed calls stands for it", on: "2026-03-03 09:20"},
			{title: "Practise the manual way to post to the status page each month", owner: "ruth", priority: "P2", kind: "repair", horizon: "short", criterion: "Two people have posted in a drill", due: "2026-03-27"},
		},
		links: []link{
			{kind: "deployment", target: "Change 7741, front-end fleet + servers", role: "cause", note: "02:44 to 03:47, all of the fleet"},
			{kind: "runbook", target: "https://wiki.example.com/KDS-restart", role: "used", note: "Written for small groups"},
		},
		sharings: []sharing{{team: "Storage", asked: "What of yours grows with the square of the fleet?", answer: "Nothing; gossip is bounded."}},
	}
}

// kinesisErrors is invented; its edges are the times of the public summary.
const kinesisErrors = `time,put errors
2020-11-25 04:30,0.1
2020-11-25 05:00,0.1
2020-11-25 05:15,22
2020-11-25 05:30,58
2020-11-25 06:30,61
2020-11-25 08:00,63
2020-11-25 09:39,61
2020-11-25 10:07,60
2020-11-25 11:00,57
2020-11-25 12:00,52
2020-11-25 13:00,45
2020-11-25 14:00,38
2020-11-25 15:00,32
2020-11-25 16:00,26
2020-11-25 17:00,20
2020-11-25 18:00,15
2020-11-25 19:00,11
2020-11-25 20:00,7
2020-11-25 21:00,4
2020-11-25 22:00,1.5
2020-11-25 22:23,0.2
2020-11-25 23:00,0.1
`
