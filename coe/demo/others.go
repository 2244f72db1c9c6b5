package demo

import "coetracker/coe"

// finding is an experiment that went otherwise than expected; all invented.
func finding() story {
	return story{
		title: "Losing one zone left image resizing without a leader for 14 minutes", kind: coe.ExperimentFinding, severity: 3,
		owner: "sam", team: "Edge", services: []string{"resizer"}, reviewers: []string{"ruth"}, zone: "Europe/Berlin", tags: "experiment leader-election",
		written: "2026-03-13 15:10", until: coe.InReview,
		sections: map[coe.SectionName]string{
			"summary": "On Friday 13 March 2026 at 10:00 we took one zone away from the resizer in an experiment. We expected a new leader within 30 seconds; it took 14 minutes, from 10:02 to 10:16 CET, and 3 % of pictures came late. No customer complained. The lease of the old leader was renewed by a host that was cut off but alive. A shorter lease with a fence (A-1) is being built.",
		},
		entries: []entry{
			{at: "2026-03-13 10:00", kind: "trigger", text: "Experiment `zone-loss-resizer` takes the network of zone b away.", who: "chaos lead", evidence: "[Run 118](https://chaos.example.com/runs/118)"},
			{at: "2026-03-13 10:02", kind: "impact_start", text: "Pictures queue up; no host leads.", evidence: "[Queue length](https://graphs.example.com/resizer)"},
			{at: "2026-03-13 10:08", kind: "detected", how: "colleague", text: "The chaos lead sees that nobody leads. No alarm fired.", who: "chaos lead", evidence: "[Bridge notes](https://bridge.example.com/0313)"},
			{at: "2026-03-13 10:10", kind: "engaged", text: "Resizer on-call joins.", who: "resizer on-call", evidence: "[Bridge notes](https://bridge.example.com/0313)"},
			{at: "2026-03-13 10:12", kind: "mitigation_start", text: "The old lease is deleted by hand.", who: "resizer on-call", evidence: "[Shell log](https://logs.example.com/0313)"},
			{at: "2026-03-13 10:16", kind: "mitigated", text: "A host in zone a leads; the queue drains.", evidence: "[Queue length](https://graphs.example.com/resizer)"},
			{at: "2026-03-13 10:31", kind: "resolved", text: "The queue is empty and zone b is back.", evidence: "[Queue length](https://graphs.example.com/resizer)"},
		},
		graphs: []graph{{title: "Pictures waiting to be resized", unit: "pictures", caption: "the queue grows for 14 minutes and drains in fifteen", csv: resizerQueue}},
		answers: []answer{
			{id: "D2", text: "By a colleague who ran the experiment; no alarm watches for a leader."},
			{id: "D5", text: "An alarm on “no leader for 60 s”.", saved: 5, action: 2},
			{id: "P4", text: "This experiment did, for the first time."},
		},
		whys: []why{
			{root: coe.Happened, text: "Because the lease of a host that was cut off stayed valid.", factor: "latent defect", under: []why{
				{root: coe.Happened, text: "Because the lease lasts 15 minutes and is kept on the cut-off side.", factor: "configuration", answers: []int{1}},
				{root: coe.Happened, text: "Because followers trust a lease they cannot check.", factor: "latent defect", answers: []int{1}},
			}},
			{root: coe.FoundLate, text: "Because no alarm asks whether somebody leads.", factor: "monitoring gap", answers: []int{2}},
		},
		lessons: []lesson{
			{kind: coe.ShortTerm, text: "A lease needs a fence, or it is a promise.", answers: []int{1}},
			{kind: coe.WentWell, text: "The experiment stopped itself when pictures were late by five minutes."},
		},
		actions: []action{
			{title: "Shorten the lease to 20 s and fence writes with its number", owner: "sam", priority: "P1", kind: "prevent", horizon: "short", criterion: "A new leader within 30 s", proof: "experiment", target: "zone-loss-resizer", due: "2026-04-10"},
			{title: "Alarm when nobody leads for 60 s", owner: "jonas", priority: "P2", kind: "detect", horizon: "short", criterion: "Fires in the next run of the experiment", due: "2026-03-18"},
		},
		links: []link{{kind: "experiment", target: "zone-loss-resizer", role: "revealed by", note: "Run 118. Expected: a leader within 30 s"}},
	}
}

const resizerQueue = `time,pictures
2026-03-13 09:50,12
2026-03-13 10:00,14
2026-03-13 10:02,30
2026-03-13 10:05,410
2026-03-13 10:08,820
2026-03-13 10:12,1390
2026-03-13 10:16,1900
2026-03-13 10:20,1340
2026-03-13 10:25,610
2026-03-13 10:31,15
2026-03-13 10:45,11
`

// win is an improvement worth copying; all invented.
func win() story {
	return story{
		title: "Cold start of the metadata cache fell from 41 to 6 minutes", kind: coe.Win, severity: 4,
		owner: "tomas", team: "Storage", services: []string{"metadata-cache"}, reviewers: []string{"ruth"}, approvals: []string{"ruth"}, zone: "Europe/Berlin", tags: "cold-start",
		written: "2026-03-12 09:00", until: coe.Published,
		sections: map[coe.SectionName]string{
			"summary": "The metadata cache now starts cold in 6 minutes instead of 41, measured in ten runs on 3 March 2026. It reads its last snapshot from disk and asks the store only for what changed since. Any cache with an ordered change feed can do the same.",
			"impact":  "A lost host is back before its peers feel it: the share of requests that miss the cache during a restart fell from 22 % to 3 %.",
			"sharing": "The library is in `cache-snapshots`; its page shows how to take it up in a day.",
		},
		impacts: []impact{{what: "Requests that miss during a restart", affected: "3 %", total: "100 %", place: "all regions"}},
		lessons: []lesson{
			{kind: coe.LongTerm, text: "Measure cold starts like any other path; what is measured gets shorter.", answers: []int{1}},
			{kind: coe.WentWell, text: "Ten runs before and ten after made the figure believable."},
		},
		actions: []action{{title: "Show the cold start of every cache on one page", owner: "tomas", priority: "P3", kind: "learn", horizon: "long", criterion: "The page has a curve for each cache", due: "2026-05-27"}},
		sharings: []sharing{
			{team: "Edge", asked: "Do you want it for the resizer?", answer: "Yes, in April."},
			{team: "Streaming", asked: "Would it help the maps of shards?"},
		},
	}
}

// restricted is seen by its owner, named people and admins only; all invented.
func restricted() story {
	return story{
		title: "A support export held the addresses of 212 customers of somebody else", kind: coe.Incident, severity: 2,
		owner: "priya", team: "Billing", services: []string{"billing"}, writers: []string{"ruth"}, reviewers: []string{"tomas"}, restricted: true, zone: "Europe/Berlin", tags: "privacy",
		written: "2026-03-10 16:00", until: coe.Draft,
		sections: map[coe.SectionName]string{
			"impact": "212 customers' postal addresses were in a file that one other customer could download for 3 hours. It was opened once and deleted at our request.",
		},
		impacts: []impact{{what: "Customers whose address was shown", affected: "212", total: "48,300", place: "eu-west-1", from: "2026-03-10 09:15", to: "2026-03-10 12:10"}},
		entries: []entry{
			{at: "2026-03-10 09:15", kind: "impact_start", text: "The export is made with the filter of an earlier one.", evidence: "[Export 5512](https://exports.example.com/5512)"},
			{at: "2026-03-10 11:40", kind: "detected", how: "customer", text: "The customer writes that the file is not theirs.", evidence: "[Case 90121](https://cases.example.com/90121)"},
			{at: "2026-03-10 12:10", kind: "mitigated", text: "The file is gone and the link is dead.", evidence: "[Export 5512](https://exports.example.com/5512)"},
		},
		actions: []action{
			{title: "Make every export name its customer twice and compare", owner: "jonas", priority: "P1", kind: "prevent", horizon: "short", criterion: "An export with two names is refused in a test", proof: "test", due: "2026-03-20"},
		},
	}
}

// half is a draft somebody left off in the middle; all invented.
func half() story {
	return story{
		title: "Certificate of the upload endpoint was renewed 40 minutes before it would have expired", kind: coe.NearMiss, severity: 3,
		owner: "jonas", team: "Edge", services: []string{"edge-tls"}, zone: "Europe/Berlin", tags: "certificates",
		written: "2026-03-17 17:20", until: coe.Draft,
		sections: map[coe.SectionName]string{
			"impact": "None. Had nobody looked, uploads would have failed for everyone from 18:00 on.\n\nTo do: how many uploads are that in an hour?",
		},
		entries: []entry{
			{at: "2026-03-17 16:55", kind: "detected", how: "luck", text: "An engineer sees the date in a browser while looking for something else.", who: "edge engineer", evidence: "[Screenshot](https://files.example.com/cert.png)"},
			{at: "2026-03-17 17:20", kind: "mitigated", text: "The certificate is renewed by hand.", who: "edge on-call"},
		},
		whys:    []why{{root: coe.Happened, text: "Because the renewal job has failed since January.", factor: "monitoring gap"}},
		actions: []action{{title: "Alarm when a certificate has fewer than 14 days left", priority: "P1", kind: "detect"}},
	}
}

// asked is a COE whose reviewer asked for changes; all invented.
func asked() story {
	return story{
		title: "February invoices counted list requests twice", kind: coe.Incident, severity: 3,
		owner: "priya", team: "Billing", services: []string{"billing"}, writers: []string{"sam"}, reviewers: []string{"ruth", "tomas"}, zone: "Europe/Berlin", tags: "invoices",
		changes: "The impact says how many invoices, but not how much money. And why did the totals look right to us for a week?",
		written: "2026-03-10 09:30", until: coe.ChangesRequested,
		sections: map[coe.SectionName]string{
			"summary": "From Sunday 1 March to Monday 9 March 2026, 14:00 CET, 1,240 of 48,300 invoices for February showed list requests twice. A job ran twice after a failover and its rows had no key that would have refused the second ones. No invoice was charged before it was corrected. Rows have such a key now (A-1).",
			"impact":  "1,240 customers saw an invoice that was too high. 61 asked support about it. None was charged: charging begins on the 12th.",
		},
		impacts: []impact{{what: "Invoices with doubled requests", affected: "1,240", total: "48,300", place: "all regions", from: "2026-03-01 02:10", to: "2026-03-09 14:00"}},
		entries: []entry{
			{at: "2026-03-01 02:05", kind: "trigger", text: "The database of the billing job fails over in the middle of the run.", evidence: "[Failover 31](https://events.example.com/failover-31)"},
			{at: "2026-03-01 02:10", kind: "impact_start", text: "The job starts again from the beginning and counts list requests a second time.", evidence: "[Job log](https://logs.example.com/billing-0301)", gap: "Nobody knew yet."},
			{at: "2026-03-09 10:20", kind: "detected", how: "customer", text: "A customer asks why the invoice has doubled.", who: "support", evidence: "[Case 89973](https://cases.example.com/89973)"},
			{at: "2026-03-09 10:45", kind: "engaged", text: "Billing on-call takes the case.", who: "billing on-call", evidence: "[Case 89973](https://cases.example.com/89973)"},
			{at: "2026-03-09 11:30", kind: "mitigation_start", text: "Doubled rows are found by request number and marked.", who: "billing on-call", evidence: "[Query 14](https://queries.example.com/14)", gap: "The query ran over all of February."},
			{at: "2026-03-09 14:00", kind: "mitigated", text: "Corrected invoices replace the wrong ones.", evidence: "[Release 77](https://deploys.example.com/77)"},
			{at: "2026-03-09 15:30", kind: "resolved", text: "All 61 customers who asked have an answer.", who: "support", evidence: "[Case list](https://cases.example.com/feb)"},
		},
		answers: answersOfAsked(),
		whys: []why{
			{root: coe.Happened, text: "Because the same requests were counted in two runs.", factor: "latent defect", under: []why{
				{root: coe.Happened, text: "Because rows had no key that refuses a second copy.", factor: "latent defect", answers: []int{1}},
				{root: coe.Happened, text: "Because the job starts from the beginning after a failover.", factor: "process", answers: []int{2}},
			}},
			{root: coe.FoundLate, text: "Because totals per day are compared with the day before, and both had doubled.", factor: "monitoring gap", answers: []int{3}},
		},
		lessons: []lesson{{kind: coe.ShortTerm, text: "A job that can be started again needs keys that make the second run harmless.", answers: []int{1}}},
		actions: []action{
			{title: "Give every counted row a key that refuses a copy", owner: "sam", priority: "P0", kind: "prevent", horizon: "short", criterion: "A second run changes nothing in a test", proof: "test", due: "2026-03-25", state: "in_progress", on: "2026-03-11 10:00"},
			{title: "Let the job go on from where it stopped", owner: "priya", priority: "P2", kind: "prevent", horizon: "long", criterion: "A run killed in the middle ends with the same totals", due: "2026-05-05"},
			{title: "Compare daily totals with the same weekday of four weeks", owner: "jonas", priority: "P1", kind: "detect", horizon: "short", criterion: "A doubled day is reported in a drill", proof: "alarm_drill", due: "2026-04-09"},
		},
	}
}

func answersOfAsked() []answer {
	texts := map[string]string{
		"D1": "Impact began on 1 March at 02:10; we knew on 9 March at 10:20.", "D2": "By a customer.", "D3": "No: one day is allowed, it took eight.", "D4": "The count of rows a day had doubled.",
		"D6": "Yes, see A-3.", "E1": "Billing on-call.", "E2": "Yes.", "G1": "By comparing request numbers; no wrong idea.", "G2": "A failover was under way.", "G3": "Easy: every row carries its request number.",
		"M1": "The runbook for wrong invoices, right and practised in January.", "M2": "On 9 March at 14:00.", "M3": "By counting request numbers again.",
		"P1": "No.", "P2": "Yes, a key.", "P3": "In autumn; it did not ask about second runs.", "P4": "No.", "P5": "Tests never kill the job in the middle.", "P6": "No.",
	}
	var out []answer
	for _, q := range coe.Questions() {
		if t := texts[q.ID]; t != "" {
			out = append(out, answer{id: q.ID, text: t})
		}
	}
	return append(out,
		answer{id: "D5", text: "A comparison with the same weekday.", saved: 10000, action: 3},
		answer{id: "G4", text: "Nothing: it took 70 minutes.", saved: 0, action: 3},
		answer{id: "M4", text: "A job that goes on where it stopped.", saved: 60, action: 2})
}
