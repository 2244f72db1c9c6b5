package templates

import (
	"cmp"
	"fmt"
	"net/url"

	"coetracker/coe"
	"coetracker/evidence"
)

// CoveragePage tells what no experiment rehearses, which alarms never fire and
// which bake times are too short.
type CoveragePage struct {
	Frame
	Views   []ViewLink
	Modes   []ModeRow
	Open    int // modes without an experiment
	Quiet   []QuietRow
	Bakes   []BakeRow
	MayKeep bool
}

// Coverage is the page of CoveragePage.
var Coverage = page[CoveragePage]("coverage.html")

// ModeRow is one failure mode.
type ModeRow struct {
	Word        string
	COEs        []LinkWords
	More        int
	Experiments []ModeExperiment
	Plan        string // address of the form that plans one
}

// ModeExperiment is an experiment that rehearses it, with its last result.
type ModeExperiment struct {
	Name, Href string
	Last       Mark
}

// QuietRow is one alarm that does not fire.
type QuietRow struct {
	Name, Href, Service, Last string
	Expected                  []LinkWords
}

// BakeRow is one deployment whose failure showed after its bake time.
type BakeRow struct {
	What, Href, Service, When string
	Bake, Late                string
	Back                      string // address of the rollback
}

// modeCOEs is how many COEs a row names.
const modeCOEs = 5

// NewCoverage fills the page. last has the latest run of each experiment.
func NewCoverage(f Frame, modes []coe.FailureMode, last map[int64]*evidence.Item, quiet []evidence.Quiet, bakes []evidence.ShortBake, n EvidenceNames) CoveragePage {
	p := CoveragePage{Frame: f}
	for _, m := range modes {
		r := ModeRow{Word: m.Word, Plan: "/experiments/new?" + url.Values{"mode": {m.Word}}.Encode()}
		for i, c := range m.COEs {
			if i == modeCOEs {
				r.More = len(m.COEs) - i
				break
			}
			r.COEs = append(r.COEs, LinkWords{Text: c.Name(), Href: fmt.Sprintf("/coes/%d", c.Number)})
		}
		for _, x := range m.Experiments {
			e := ModeExperiment{Name: x.Name, Href: fmt.Sprintf("/experiments/%d", x.ID), Last: Mark{"open", "never run"}}
			if i := last[x.ID]; i != nil {
				e.Last = RunMark(i)
				if i.StartedAt != nil {
					e.Last.Label += " " + i.StartedAt.In(n.Zone).Format("2 Jan 2006")
				}
			}
			r.Experiments = append(r.Experiments, e)
		}
		if len(r.Experiments) == 0 {
			p.Open++
		}
		p.Modes = append(p.Modes, r)
	}
	for _, q := range quiet {
		p.Quiet = append(p.Quiet, quietRow(q, n))
	}
	for _, b := range bakes {
		r := BakeRow{What: versions(&b.Item), Href: changeHref(&b.Item), Service: n.service(b.ServiceID, b.Service), When: n.when(b.StartedAt), Bake: cmp.Or(minuteWords(b.Bake), "none known"), Back: changeHref(b.Rollback())}
		sign := "the rollback came"
		if b.ByAlarm {
			sign = "the alarm fired"
		}
		r.Late = sign + " " + briefly(b.Late) + " after it ended"
		p.Bakes = append(p.Bakes, r)
	}
	return p
}

func quietRow(q evidence.Quiet, n EvidenceNames) QuietRow {
	r := QuietRow{Name: q.Name, Service: n.service(q.ServiceID, ""), Last: "never"}
	if q.ItemID != 0 {
		r.Href = fmt.Sprintf("/alarms/%d", q.ItemID)
	}
	if q.LastAt != nil {
		r.Last = n.when(q.LastAt)
	}
	for _, x := range q.Experiments {
		r.Expected = append(r.Expected, LinkWords{Text: x.Name, Href: fmt.Sprintf("/experiments/%d", x.ID)})
	}
	return r
}
