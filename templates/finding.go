package templates

import (
	"fmt"
	"strings"

	"coetracker/coe"
)

// PlacePart gives the part whose page mends a finding at this place.
func PlacePart(place string) string {
	part, _, _ := strings.Cut(place, "/")
	switch part {
	case "", "coe", "header":
		return "header"
	case "entry":
		return "timeline"
	case "metric":
		return "metrics"
	case "answer", "question":
		return "questions"
	case "why":
		return "whys"
	case "lesson":
		return "lessons"
	case "action":
		return "actions"
	case "link":
		return "related"
	}
	return part
}

// NewFindingView shows one finding.
func NewFindingView(d *coe.Document, f coe.Finding) FindingView {
	part := PlacePart(f.Place)
	v := FindingView{
		Class: "w", Level: "Warns", Rule: f.Rule, Where: part, Reason: f.Reason, Fix: f.Fix, Place: f.Place, Waived: f.WaivedBecause,
		Href: fmt.Sprintf("/coes/%d/edit/%s", d.COE.Number, part),
	}
	switch f.Level {
	case coe.Block:
		v.Class, v.Level = "b", "Blocks review"
	case coe.Inform:
		v.Class, v.Level = "i", "Informs"
	}
	if f.Line > 0 {
		v.Where += fmt.Sprintf(", line %d", f.Line)
	}
	_, key, ok := strings.Cut(f.Place, "/")
	if a, found := d.ActionByKey(key); found && part == "actions" {
		v.Where = a.Ref()
		v.Href += fmt.Sprintf("#a%d", a.Number)
	} else if ok && part != "timeline" {
		v.Href += "#r-" + key
	}
	for _, w := range d.Waivers {
		if f.Waived && w.Rule == f.Rule && (w.Place == "" || w.Place == f.Place) {
			v.By, v.Place = PersonName(d.Person(w.ByID)), w.Place
			break
		}
	}
	return v
}

// levelCounts says how many findings there are of each level.
func levelCounts(list []FindingView) string {
	n := map[string]int{}
	for _, f := range list {
		n[f.Class]++
	}
	var out []string
	for _, l := range []struct{ class, one, many string }{{"b", "blocks", "block"}, {"w", "warns", "warn"}, {"i", "informs", "inform"}} {
		if n[l.class] > 0 {
			out = append(out, plural(n[l.class], l.one, l.many))
		}
	}
	if len(out) == 0 {
		return "nothing found"
	}
	return strings.Join(out, ", ")
}
