package demo

import (
	"fmt"
	"time"

	"coetracker/evidence"
)

// plan is an experiment as it was written down before it ran.
type plan struct {
	on, owner, service string
	edit               evidence.ExperimentEdit
}

func plans() []plan {
	return []plan{
		{"2026-02-09 11:00", "sam", "resizer", evidence.ExperimentEdit{
			Name: "zone-loss-resizer", Environment: "prod", Hypothesis: "If one zone is lost, a new leader is found within 30 s and pictures come on time.",
			SteadyState:    lined("Pictures older than 60 s in the queue: none", "Hosts that lead: one"),
			RunBook:        lined("Tell support a day before.", "Take the network of zone b away with the tool.", "Stop when pictures are late by 5 min: give the network back."),
			ExpectedAlarms: lined("resizer-no-leader", "resizer-queue-old"), FailureMode: "leader-election, latent defect",
		}},
		{"2026-02-16 14:00", "tomas", "s3-index", evidence.ExperimentEdit{
			Name: "index-cell-loss", Hypothesis: "If one cell of the index is lost, fewer than 5 % of GET requests fail and the rest are served within 200 ms.",
			SteadyState:    lined("GET requests that fail: under 1 %", "99th percentile: under 200 ms"),
			RunBook:        lined("Check the stop condition on the dashboard.", "Stop all servers of one cell at once.", "Watch the router let go of the cell.", "Start the servers again."),
			ExpectedAlarms: lined("index-get-failures", "index-servers-in-service"), FailureMode: "capacity",
		}},
		{"2026-03-09 10:00", "tomas", "s3-index", evidence.ExperimentEdit{
			Name: "index-restart", Hypothesis: "A full restart of one cell takes under 60 min while the others serve.",
			SteadyState: "GET requests that fail: under 1 %", RunBook: lined("Drain one cell.", "Stop and start all of it, in the order of R-3.", "Note the minute of every step."),
			ExpectedAlarms: "index-servers-in-service", FailureMode: "restart", GameDay: true, PlannedFor: "2026-04-28",
		}},
	}
}

// arrival is what came in on a day.
type arrival struct {
	on, name string
	texts    []string
}

func arrivals() []arrival {
	utc := func(s string) time.Time { t, _ := time.Parse("2006-01-02 15:04", s); return t }
	return []arrival{
		{"2026-02-24 17:45", "cell-lab.json", append(firing("index-get-failures", "s3-index", "More than 1 % of GET requests fail", utc("2026-02-24 15:02"), utc("2026-02-24 15:11")), cellLoss("cell-loss-1", "staging", utc("2026-02-24 15:00"), "3.2 %", "1 min 40", true))},
		{"2026-03-13 08:30", "deployer.json", append(firing("resizer-5xx", "resizer", "More than 2 % of pictures fail", utc("2026-03-13 06:41"), utc("2026-03-13 06:49")), badRelease)},
		{"2026-03-13 11:00", "journal-118.json", []string{zoneLoss(utc("2026-03-13 09:00"), 31*time.Minute, 840)}},
		{"2026-03-16 15:30", "deployer.json", []string{goodRelease}},
		{"2026-03-16 18:40", "cell-lab.json", append(firing("index-get-failures", "s3-index", "More than 1 % of GET requests fail", utc("2026-03-16 17:02"), utc("2026-03-16 17:13")), cellLoss("cell-loss-2", "prod", utc("2026-03-16 17:00"), "11.1 %", "1 min 52", false))},
		{"2026-03-17 11:30", "journal-121.json", []string{zoneLoss(utc("2026-03-17 09:30"), 12*time.Minute, 18)}},
		{"2026-03-17 16:50", "alertmanager.json", []string{nobodys}},
	}
}

// evidence writes experiments, what tools sent, what people said of it, and two
// sources.
func (w *writer) evidence() error {
	for _, s := range []evidence.SourceEdit{{Name: "FIS in us-east-1, by EventBridge", Tool: "fis"}, {Name: "Alertmanager in eu-central-1", Tool: "alertmanager"}} {
		s.Verifier = evidence.VerifyNone
		if _, _, err := w.Evidence.AddSource(w.ctx, w.who["ana"], s); err != nil {
			return err
		}
	}
	for _, p := range plans() {
		if err := w.on(p.on); err != nil {
			return err
		}
		e := p.edit
		e.OwnerID, e.ServiceID = w.who[p.owner].ID, w.serv[p.service]
		if _, err := w.Evidence.PlanExperiment(w.ctx, w.who[p.owner], e); err != nil {
			return fmt.Errorf("plan %s: %w", e.Name, err)
		}
	}
	for _, a := range arrivals() {
		if err := w.arrive(a); err != nil {
			return fmt.Errorf("%s of %s: %w", a.name, a.on, err)
		}
	}
	return w.said()
}

// arrive adds what came in, and lets the time pass in which alarms still count.
func (w *writer) arrive(a arrival) error {
	if err := w.on(a.on); err != nil {
		return err
	}
	for _, text := range a.texts {
		got, _, err := w.Evidence.AddFile(w.ctx, w.who["ana"], a.name, "", []byte(text))
		if err != nil {
			return err
		}
		if err := w.Evidence.Project(w.ctx, got.DeliveryID); err != nil {
			return err
		}
	}
	return w.Evidence.Tick(w.ctx)
}

// said is what people wrote about the run that deviated last.
func (w *writer) said() error {
	rows, err := w.Evidence.Experiments(w.ctx, w.who["tomas"], w.serv["s3-index"])
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Last == nil || r.Last.ToolOutcome != evidence.Deviated {
			continue
		}
		_, err := w.Evidence.SetNotes(w.ctx, w.who["tomas"], r.Last.ID, r.Last.Version, evidence.Notes{
			Prepare: "Dashboard and stop condition checked by Tomás Lind. Support was told a day before.",
			Detect:  "The alarm on servers in service does not exist yet: A-5 of the COE on the index.",
			Respond: "Nobody had to act. The router waited six minutes before it moved the traffic; its timer is the one of the old layout.",
			Learn:   "Cells help only as fast as the router lets go of them. The timer goes from 360 to 30 s, then we run it again.",
		})
		if err != nil {
			return err
		}
	}
	return nil
}
