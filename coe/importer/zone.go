package importer

import (
	"fmt"
	"strings"
	"time"

	"coetracker/timeline"
)

// readZone finds the zone of the document: stated for all times, else written
// beside times, else given by the person, else the default.
func (d *doc) readZone() error {
	name, at := d.statedZone()
	if name != "" {
		if loc, canonical, ok := d.loadStated(name, at); ok {
			d.zone, d.r.Zone, d.r.ZoneStated = loc, canonical, true
			d.label, d.labelLine = name, at
			return nil
		}
	}
	name = d.o.Zone
	if name == "" {
		name = d.o.DefaultZone
	}
	if name == "" {
		name = "UTC"
	}
	loc, canonical, err := timeline.LoadZone(name)
	if err != nil {
		return err
	}
	d.zone, d.r.Zone = loc, canonical
	if d.o.Zone == "" {
		d.warn(1, fmt.Sprintf("The text names no time zone; %s was taken. Give the zone if that is wrong.", canonical))
	}
	return nil
}

// remarkLabel says once when the zone label of the document contradicts the
// calendar on the day of an entry.
func (d *doc) remarkLabel() {
	for _, e := range d.r.Events {
		if e.At == nil {
			continue
		}
		if text := timeline.LabelWarning(d.label, *e.At); text != "" && !d.said[d.label] {
			d.warn(d.labelLine, text)
			return
		}
	}
}

// loadStated loads a zone as written. An ambiguous short name takes the
// meaning that agrees with the given zone, else its first, with a warning.
func (d *doc) loadStated(name string, at int) (*time.Location, string, bool) {
	if meanings := timeline.Meanings(name); meanings != nil {
		name = d.meaning(name, meanings, at)
	}
	loc, canonical, err := timeline.LoadZone(name)
	return loc, canonical, err == nil
}

// meaning picks one of the zones that a short name can stand for.
func (d *doc) meaning(name string, meanings []string, at int) string {
	for _, given := range []string{d.o.Zone, d.o.DefaultZone} {
		for _, m := range meanings {
			if m == given {
				return m
			}
		}
	}
	d.warn(at, fmt.Sprintf("%s can mean %s; the first was taken. Give the zone if that is wrong.", name, strings.Join(meanings, ", ")))
	return meanings[0]
}

// statedZone gives the zone as written and the line that states it.
func (d *doc) statedZone() (name string, at int) {
	for i := range d.lines {
		if !d.prose(i) || len(d.lines[i].raw) > 160 && d.lines[i].kind != tableRow || d.part(i).name == inActions {
			continue
		}
		if zone, ok := timeline.StatedZone(d.lines[i].raw); ok {
			return zone, i + 1
		}
	}
	return d.zoneBesideTimes()
}

// zoneBesideTimes counts the zones written behind clock times and gives the
// most frequent; times in the timeline's own lines count before others.
func (d *doc) zoneBesideTimes() (name string, at int) {
	counts, first := map[string]int{}, map[string]int{}
	count := func(zone string, line, weight int) {
		if zone == "" {
			return
		}
		counts[zone] += weight
		if first[zone] == 0 {
			first[zone] = line
		}
	}
	for i, l := range d.lines {
		switch {
		case d.leads[i].ok && d.leads[i].stamp.Zone != "":
			count(d.leads[i].stamp.Zone, i+1, 10)
		case d.prose(i):
			for _, zone := range zonesIn(l.body) {
				count(zone, i+1, 1)
			}
		}
	}
	best := 0
	for zone, n := range counts {
		if n > best || n == best && first[zone] < first[name] {
			best, name, at = n, zone, first[zone]
		}
	}
	if len(counts) > 1 && best > 0 {
		d.warn(at, fmt.Sprintf("Times are written in more than one zone; times without one were read as %s.", name))
	}
	return name, at
}

// zonesIn lists the zones written behind clock times in a line, at most eight.
func zonesIn(s string) []string {
	var zones []string
	for range 8 {
		st, _, to, ok := timeline.FindTime(s)
		if !ok {
			break
		}
		if st.Zone != "" {
			zones = append(zones, st.Zone)
		}
		s = s[to:]
	}
	return zones
}
