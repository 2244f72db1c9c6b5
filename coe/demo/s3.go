package demo

import "coetracker/coe"

// s3 is the S3 outage of 28 February 2017. Times and figures at 09:37, 11:37,
// 12:26, 13:18 and 13:54 and what happened then follow the public summary, in
// our own words; what carries the word invented is made up to show the form.
func s3() story {
	return story{
		title: "Most requests to S3 in us-east-1 failed for four hours", kind: coe.Incident, severity: 1,
		owner: "ana", team: "Storage", services: []string{"s3-index", "s3-placement"}, writers: []string{"sam"},
		reviewers: []string{"ruth", "tomas", "mei"}, approvals: []string{"ruth"}, zone: "America/Los_Angeles", tags: "capacity tools us-east-1",
		written: "2026-03-02 10:10", until: coe.InReview,
		sections: map[coe.SectionName]string{
			"summary": "On Tuesday 28 February 2017, from 09:37 to 13:54 PST, most requests to S3 in us-east-1 failed. While a slow billing run was being looked into, a command that was to take a few servers out of service was given a wrong argument and took out a much larger set, on which two subsystems depended: the *index*, which knows where every object lies, and *placement*, which finds room for new ones. Both had to restart in full, which had not been done at this size for years, and checking the metadata took longer than anybody expected. Reads were normal again at 13:18, writes at 13:54. The removal tool now works slowly and refuses to go below a floor (A-1, A-2); splitting the index into cells (A-4) is under way.\n\n> This document retells a public event to show the form. The course of it follows the provider's public summary; alarms, people, tickets, percentages and actions marked *invented* are made up.",
			"impact":  "Customers could not read, list, delete or store objects in us-east-1. Sites that keep pictures and downloads there showed holes or nothing.\n\nOther services of the region that lean on S3 failed with it: its console, launches of new EC2 instances, EBS volumes that needed data from a snapshot, and Lambda. The status page could not be changed until 11:37, because its console kept its own data in S3.\n\nThe numbers below are invented.",
			"sharing": "Every team with a tool that takes capacity away is asked: does it have a floor, and does it work slowly enough to be stopped?",
		},
		impacts: []impact{
			{what: "GET, LIST and DELETE requests (invented)", affected: "2.9 bn", total: "3.3 bn", place: "us-east-1, all zones", from: "2017-02-28 09:38", to: "2017-02-28 13:18"},
			{what: "PUT requests (invented)", affected: "410 m", total: "520 m", place: "us-east-1, all zones", from: "2017-02-28 09:38", to: "2017-02-28 13:54"},
			{what: "Customers with a failed request", place: "us-east-1", unmeasured: 9},
		},
		entries: []entry{
			{at: "2017-02-28 09:12", kind: "note", text: "Billing on-call takes a ticket: the billing run has been slow since the night. (invented)", who: "billing on-call", evidence: "[TT-88104](https://tickets.example.com/TT-88104)"},
			{at: "2017-02-28 09:31", kind: "decision", text: "The playbook for slow billing runs is opened at the step that takes a few servers out of one subsystem. (time invented)", who: "billing on-call", evidence: "[Playbook B-12, step 4](https://wiki.example.com/B-12)"},
			{at: "2017-02-28 09:37", kind: "trigger", text: "The removal command runs with one argument mistyped. A far larger set of servers leaves service than was meant; the index and placement subsystems ran on them.", evidence: "[Shell log, line 212](https://logs.example.com/212)"},
			{at: "2017-02-28 09:38", kind: "impact_start", text: "GET, LIST, DELETE and PUT begin to fail in us-east-1. (minute invented)", evidence: "[Graph 1](https://graphs.example.com/s3-1)"},
			{at: "2017-02-28 09:40", kind: "detected", how: "alarm", text: "Alarm `s3-iad-availability` pages the index on-call. (invented)", evidence: "[Alarm 5510-A](https://alarms.example.com/5510-A)"},
			{at: "2017-02-28 09:43", kind: "engaged", text: "The index on-call acknowledges and opens the bridge. (invented)", who: "index on-call", evidence: "[Bridge log](https://bridge.example.com/0228)", gap: "Nine people joined; failures were sorted by kind. (invented)"},
			{at: "2017-02-28 09:49", kind: "diagnosis", text: "Billing on-call joins and reads out the command of 09:37. (invented)", who: "billing on-call", evidence: "[Bridge log, 09:49](https://bridge.example.com/0228#0949)", gap: "All removal jobs were stopped. (invented)"},
			{at: "2017-02-28 09:56", kind: "diagnosis", text: "Idea: put the removed servers back as they were. It does not hold: too few stayed to carry the set, so both subsystems need a full restart. (time invented)", who: "index on-call", evidence: "[Bridge log, 09:56](https://bridge.example.com/0228#0956)", gap: "The restart was prepared. (invented)"},
			{at: "2017-02-28 10:04", kind: "mitigation_start", text: "The restart of the index subsystem begins. (time invented)", who: "index on-call", evidence: "[Graph 2](https://graphs.example.com/s3-2)"},
			{at: "2017-02-28 10:09", kind: "comms", text: "The status page cannot be changed: its console keeps its own data in S3 in us-east-1. News go out through the social account and a banner. (time invented)", who: "support lead", evidence: "[TT-88131](https://tickets.example.com/TT-88131)", gap: "The index restarted and checked its metadata; nobody on the bridge could see how far it was. (invented)"},
			{at: "2017-02-28 10:40", kind: "diagnosis", text: "Nobody on the bridge has seen a full restart at this size. The safety checks of the metadata take longer than planned. (time invented)", who: "event leader", evidence: "[Restart plan R-3](https://wiki.example.com/R-3)", gap: "Checks went on. A proposal to skip them was talked through and refused. (invented)"},
			{at: "2017-02-28 11:37", kind: "comms", text: "The status page can be changed again; from the start until now single services could not be marked on it.", who: "support lead", evidence: "[Status entry 1](https://status.example.com/1)", gap: "Metadata checks were running, slower than the plan says. (invented)"},
			{at: "2017-02-28 12:26", kind: "diagnosis", text: "The index has enough capacity back to begin to serve GET, LIST and DELETE.", evidence: "[Graphs 1 and 2](https://graphs.example.com/s3-2)", gap: "Capacity came back partition by partition. (invented)"},
			{at: "2017-02-28 13:05", kind: "diagnosis", text: "Canaries of three large readers pass in a row. (invented)", evidence: "[Canary set 4](https://canary.example.com/4)", gap: "The last partitions were checked. (invented)"},
			{at: "2017-02-28 13:18", kind: "mitigated", text: "The index has fully recovered: GET, LIST and DELETE work as before.", evidence: "[Graph 1](https://graphs.example.com/s3-1)"},
			{at: "2017-02-28 13:54", kind: "resolved", text: "Placement, which needs the index, has recovered too. PUT works; S3 is normal again.", evidence: "[Graph 1](https://graphs.example.com/s3-1)"},
			{at: "2017-02-28 14:08", kind: "comms", text: "All clear is published. (time invented)", who: "support lead", evidence: "[Status entry 6](https://status.example.com/6)"},
			{at: "2017-02-28 14:30", kind: "note", text: "Services that queued work during the event are still catching up; they keep their own COEs. (time invented)"},
		},
		graphs: []graph{{title: "Requests that failed in us-east-1, percent (invented)", unit: "%", caption: "nine in ten reads fail within two minutes; reads return at 13:18, writes at 13:54", csv: s3Failures}},
		answers: []answer{
			{id: "D1", text: "Impact began at 09:38; the alarm fired at 09:40."},
			{id: "D2", text: "By an alarm on failed requests."},
			{id: "D3", text: "Yes: two minutes, five are allowed."},
			{id: "D4", text: "The count of servers in service fell at 09:37. No alarm looked at it."},
			{id: "D5", text: "An alarm on servers in service could have fired at 09:37.", saved: 1, action: 5},
			{id: "D6", text: "Yes, on servers in service against the count needed.", action: 5},
			{id: "E1", text: "The index on-call was paged, placement a minute later; billing joined by itself."},
			{id: "E2", text: "Yes. Asking every tool owner at once would have been six minutes shorter."},
			{id: "G1", text: "The person who ran the command said so at 09:49. One wrong idea, that the servers could be put back, cost eight minutes."},
			{id: "G2", text: "Yes: the removal of servers for the billing run."},
			{id: "G3", text: "Easy, because the person spoke up at once. Hard, because no figure showed how far the checks were."},
			{id: "G4", text: "Asking first what ran in the last ten minutes.", saved: 4, action: 7},
			{id: "M1", text: "Restart plan R-3: right in its order, wrong in its times, never practised at this size."},
			{id: "M2", text: "Reads at 13:18, writes at 13:54."},
			{id: "M3", text: "By canaries and by the share of failed requests."},
			{id: "M4", text: "Cells: a restart of one cell takes under an hour.", saved: 140, action: 4},
			{id: "P1", text: "Yes. Splitting the index further was planned for later in the year."},
			{id: "P2", text: "Yes. The tool knew the count in service and did not look."},
			{id: "P3", text: "Two years before. It asked about restarts, not about their length."},
			{id: "P4", text: "No experiment took servers away from the index.", action: 6},
			{id: "P5", text: "Tests of the tool used a small fleet, where no floor was ever near."},
			{id: "P6", text: "Not at this size."},
		},
		whys: []why{
			{root: coe.Happened, text: "Because two subsystems lost most of their servers within a minute.", factor: "change", under: []why{
				{root: coe.Happened, text: "Because the removal tool took out whatever set it was given, at once.", factor: "latent defect", under: []why{
					{root: coe.Happened, text: "Because it had no floor: no count below which it refuses.", factor: "latent defect", answers: []int{1}},
					{root: coe.Happened, text: "Because it had no pace: removal was a single step.", factor: "latent defect", answers: []int{2}},
				}},
				{root: coe.Happened, text: "Because the playbook asks for a set to be typed by hand.", factor: "process", answers: []int{3}},
				{root: coe.Happened, text: "Because one region was one failure domain for the index.", factor: "capacity", answers: []int{4}},
			}},
			{root: coe.FoundLate, text: "Because the alarm saw failures, not the missing servers.", factor: "monitoring gap", under: []why{
				{root: coe.FoundLate, text: "Because no alarm watched servers in service against the count needed.", factor: "monitoring gap", answers: []int{5}},
			}},
			{root: coe.FixedLate, text: "Because both subsystems had to restart in full before they could serve.", factor: "capacity", under: []why{
				{root: coe.FixedLate, text: "Because a restart had not been done at this size for years, while the data grew.", factor: "process", answers: []int{6}},
				{root: coe.FixedLate, text: "Because the checks give no figure of progress, so nobody could plan or tell customers.", factor: "monitoring gap", answers: []int{7}},
				{root: coe.FixedLate, text: "Because the status page kept its own data in the region it reports on.", factor: "dependency", answers: []int{8}},
				{root: coe.FixedLate, text: "Because readers kept retrying at full rate while the index came back.", factor: "external", declined: "Readers are not ours to change; throttles on retries held the load (invented)."},
			}},
		},
		lessons: []lesson{
			{kind: coe.ShortTerm, text: "A tool that removes capacity must know the capacity that is needed.", answers: []int{1}},
			{kind: coe.LongTerm, text: "A path that is never walked grows longer. Restart what you rely on restarting.", answers: []int{6}},
			{kind: coe.ShortTerm, text: "Tell customers from a place that does not share their outage.", answers: []int{8}},
			{kind: coe.WentWell, text: "Checks were not skipped under pressure."},
			{kind: coe.Surprised, text: "How many services read from one region at start-up, ours among them."},
		},
		actions: []action{
			{title: "Refuse removals that would take a subsystem below its floor", owner: "sam", priority: "P0", kind: "prevent", horizon: "short", criterion: "The tool refuses in every region", proof: "test", due: "2026-03-13", state: "verified", on: "2026-03-12 15:20", proven: "Test removal-floor passes in every region: [run](https://ci.example.com/runs/441)"},
			{title: "Remove servers at a pace that can be stopped", owner: "sam", priority: "P0", kind: "prevent", horizon: "short", criterion: "A removal of 50 servers takes at least ten minutes", proof: "deployment", due: "2026-03-16", state: "verified", on: "2026-03-16 11:05", proven: "[fleet-tools 8.4](https://deploys.example.com/fleet-tools-8.4) is in all regions"},
			{title: "Compute the removal set, show it, ask for it by name", owner: "priya", priority: "P1", kind: "prevent", horizon: "short", criterion: "Step 4 of playbook B-12 has no free argument", proof: "second_person", due: "2026-03-13", moved: []move{{"2026-03-11 10:15", "2026-03-20", "The audit of the other tools came first"}}, state: "in_progress", on: "2026-03-05 09:40"},
			{title: "Split the index of us-east-1 into cells", owner: "ana", priority: "P1", kind: "prevent", horizon: "long", criterion: "Losing any one cell fails under 5 % of requests", proof: "experiment", target: "index-cell-loss", due: "2026-05-12", state: "in_progress", on: "2026-03-06 14:00"},
			{title: "Alarm on servers in service against the count needed", owner: "mei", priority: "P1", kind: "detect", horizon: "short", criterion: "Fires within 2 min in a drill", proof: "alarm_drill", due: "2026-03-06", moved: []move{{"2026-03-05 16:30", "2026-03-13", "The threshold needs a week of data"}}, state: "blocked", reason: "The metric is missing in two zones", on: "2026-03-12 09:15"},
			{title: "Restart the index in one cell every quarter", owner: "tomas", priority: "P1", kind: "mitigate", horizon: "long", criterion: "A full restart of one cell takes under 60 min", proof: "experiment", target: "index-restart", due: "2026-04-28"},
			{title: "Publish how far the metadata checks are", owner: "jonas", priority: "P2", kind: "diagnose", horizon: "short", criterion: "The figure is on the bridge's screen during a drill", due: "2026-03-20"},
			{title: "Run the status page from two regions", owner: "ruth", priority: "P1", kind: "repair", horizon: "short", criterion: "A second person switches a region off and still posts", proof: "second_person", due: "2026-03-18", state: "claimed_done", on: "2026-03-17 16:10", proven: "Region switched off on 17 Mar, [entry posted](https://status.example.com/drill)"},
			{title: "Count the customers with a failed request", owner: "priya", priority: "P2", kind: "learn", horizon: "short", criterion: "The number stands in section 2", due: "2026-03-25"},
		},
		links: []link{
			{kind: "runbook", target: "https://wiki.example.com/R-3", role: "used", note: "Full restart of the index; its times were corrected"},
			{kind: "ticket", target: "https://tickets.example.com/TT-88104", role: "began with", note: "The slow billing run"},
		},
		waivers: []waiver{
			{rule: "L23", action: 4, reason: "Cells take a quarter; Ruth Abebe agreed"},
			{rule: "L23", action: 6, reason: "The first restart needs a cell to be drained before"},
		},
		sharings: []sharing{
			{team: "Streaming", asked: "Does your fleet tool have a floor?", answer: "Yes, since February."},
			{team: "Edge", asked: "Where does your status page keep its data?"},
		},
	}
}

// s3Failures is invented; its edges are the times of the public summary.
const s3Failures = `time,reads,writes
2017-02-28 09:00,0.1,0.1
2017-02-28 09:20,0.1,0.1
2017-02-28 09:36,0.1,0.1
2017-02-28 09:38,41,30
2017-02-28 09:40,88,79
2017-02-28 09:45,90,83
2017-02-28 10:00,90,84
2017-02-28 10:30,91,84
2017-02-28 11:00,90,84
2017-02-28 11:30,90,84
2017-02-28 12:00,90,84
2017-02-28 12:20,89,84
2017-02-28 12:30,71,83
2017-02-28 12:40,38,83
2017-02-28 12:50,21,82
2017-02-28 13:00,9,80
2017-02-28 13:10,3,75
2017-02-28 13:18,0.2,68
2017-02-28 13:30,0.1,41
2017-02-28 13:40,0.1,19
2017-02-28 13:50,0.1,4
2017-02-28 13:54,0.1,0.2
2017-02-28 14:10,0.1,0.1
2017-02-28 14:30,0.1,0.1
`
