package templates

import (
	"fmt"
	"time"

	"coetracker/coe"
)

// SurvivedView is the stamp "reproduced and survived" of a document.
type SurvivedView struct {
	Mark  Mark
	Words string
	Runs  []RunRow
}

// survived shows the stamp, nil where there is none; one that has expired says
// so.
func survived(d *coe.Document, now time.Time) *SurvivedView {
	s, ok := d.Stamp(now)
	if !ok {
		return nil
	}
	until := s.Until.Time().Format("Mon 2 Jan 2006")
	v := &SurvivedView{
		Mark:  Mark{Label: "Reproduced and survived", Class: "verified"},
		Words: fmt.Sprintf("Every experiment that reproduces or verifies this held in its last run, the oldest on %s. Good until %s. Runs:", s.Day.Time().Format("Mon 2 Jan 2006"), until),
	}
	if s.Expired {
		v.Mark = Mark{Label: "Survival not shown since " + s.Day.Time().Format("2 Jan 2006"), Class: "open"}
		v.Words = fmt.Sprintf("“Reproduced and survived” was good until %s. The experiments are to run again; the owner has an action for it. Last runs:", until)
	}
	for i, x := range d.Survivals {
		r := RunRow{Href: fmt.Sprintf("/runs/%d", x.RunID), Name: clipped(x.Name, 60), Words: " " + x.EndedAt.In(d.COE.Location()).Format("2 Jan 2006, 15:04 MST")}
		if x.Name == "" {
			r.Name = x.Tool + ":" + x.ExternalID
		}
		if r.Words += "."; i < len(d.Survivals)-1 {
			r.Words = r.Words[:len(r.Words)-1] + ","
		}
		v.Runs = append(v.Runs, r)
	}
	return v
}
