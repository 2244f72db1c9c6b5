package coe

import (
	"fmt"

	"coetracker/actions"
	"coetracker/coe/importer"
	"coetracker/timeline"
)

// Review gives a file of our own format in the shape in which foreign reviews
// are previewed, so that a dry run prints both alike.
func (f *File) Review() importer.Review {
	d := f.Document
	r := importer.Review{Title: d.COE.Title, Zone: d.COE.Zone, ZoneStated: d.COE.Zone != "", Severity: fmt.Sprint(d.COE.Severity)}
	if r.Zone == "" {
		r.Zone = "UTC"
	}
	for _, s := range d.Services {
		r.Services = append(r.Services, s.Name)
	}
	for _, e := range d.Entries {
		line := f.places["entry/"+e.Key]
		r.Events = append(r.Events, importer.Event{
			At: e.At, End: e.EndAt, Zone: e.Zone, Precision: e.Precision, Kind: e.Kind,
			DetectedHow: e.DetectedHow, Text: e.Text, Line: line, LineEnd: line,
		})
	}
	moment := func(k timeline.Kind) timeline.Entry { e, _ := timeline.KeyMoment(d.Entries, k); return e }
	r.Started, r.Detected = moment(timeline.ImpactStart).At, moment(timeline.Detected).At
	r.Mitigated, r.Resolved = moment(timeline.Mitigated).At, moment(timeline.Resolved).At
	for _, a := range d.Actions {
		done := a.State == actions.ClaimedDone || a.State == actions.Verified
		r.Actions = append(r.Actions, importer.Action{Text: a.Title, Owner: d.email(a.OwnerID), Due: string(a.Due), Done: done, Line: f.places["action/"+a.Key]})
	}
	for _, name := range SectionNames {
		if s := d.Section(name); s.Text != "" {
			r.Sections = append(r.Sections, importer.Section{Name: string(name), Markdown: s.Text})
		}
	}
	return r
}
