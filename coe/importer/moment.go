package importer

import (
	"fmt"
	"time"

	"coetracker/timeline"
)

// readMoments finds the key moments: by labels, by spans, by stated times to
// detect and recover, by plain words of the entries, by a stated duration. What
// none of them tells stays empty.
func (d *doc) readMoments() {
	d.resolveKeys()
	d.readStated()
	d.momentsByLabel()
	d.momentsBySpan()
	d.momentsByNumbers()
	d.momentsByWords()
	d.startByDuration()
	d.dropImpossible()
	d.markKinds()
	d.checkStated()
	d.checkPermalinks()
}

// set fills a moment that is still empty.
func set(field **time.Time, at *time.Time) bool {
	if *field != nil || at == nil {
		return false
	}
	v := *at
	*field = &v
	return true
}

func (d *doc) field(k timeline.Kind) **time.Time {
	switch k {
	case timeline.ImpactStart:
		return &d.r.Started
	case timeline.Detected:
		return &d.r.Detected
	case timeline.Mitigated:
		return &d.r.Mitigated
	case timeline.Resolved:
		return &d.r.Resolved
	}
	return nil
}

func (d *doc) momentsByLabel() {
	for _, k := range d.keys {
		if f := d.field(k.kind); f != nil {
			set(f, k.at)
		}
	}
}

// momentsBySpan takes the span of the impact. Several spans are taken as one
// from the first start to the last end, with a warning.
func (d *doc) momentsBySpan() {
	if len(d.spans) == 0 {
		return
	}
	whole := d.spans[0]
	for _, s := range d.spans[1:] {
		if s.from.Before(whole.from) {
			whole.from = s.from
		}
		if s.to.After(whole.to) {
			whole.to = s.to
		}
	}
	if len(d.spans) > 1 {
		d.warn(d.spans[0].line+1, "The text gives several spans of impact; the first start and the last end were taken.")
	}
	set(&d.r.Started, &whole.from)
	set(&d.r.Mitigated, &whole.to)
	set(&d.r.Resolved, &whole.to)
}

// momentsByNumbers uses stated times to detect and to recover: where exactly
// those distances lie between entries, the entries are the moments.
func (d *doc) momentsByNumbers() {
	detect, okDetect := d.number(toDetect)
	recover, okRecover := d.number(toRepair, toResolve)
	if !okRecover || d.r.Started != nil || !okDetect || detect == recover || detect == 0 && !d.onePair(recover) {
		return
	}
	for _, e := range d.r.Events {
		if e.At == nil {
			continue
		}
		found := d.eventAt(e.At.Add(detect))
		end := d.eventAt(e.At.Add(recover))
		if end == nil || found == nil {
			continue
		}
		set(&d.r.Started, e.At)
		set(&d.r.Detected, found.At)
		set(&d.r.Mitigated, end.At)
		set(&d.r.Resolved, end.At)
		return
	}
	d.startBeforeDetection(detect)
}

// onePair reports whether exactly one pair of entries lies that far apart.
func (d *doc) onePair(apart time.Duration) bool {
	pairs := 0
	for _, e := range d.r.Events {
		if e.At != nil && d.eventAt(e.At.Add(apart)) != nil {
			pairs++
		}
	}
	return pairs == 1
}

// startBeforeDetection takes the first entry as the start when the time to
// detect leads from it exactly to another entry.
func (d *doc) startBeforeDetection(detect time.Duration) {
	for _, e := range d.r.Events {
		if e.At == nil {
			continue
		}
		if found := d.eventAt(e.At.Add(detect)); detect > 0 && found != nil {
			set(&d.r.Started, e.At)
			set(&d.r.Detected, found.At)
		}
		return
	}
}

func (d *doc) number(kinds ...durationKind) (time.Duration, bool) {
	for _, s := range d.stated {
		for _, k := range kinds {
			if s.what == k && !s.approx && !s.least {
				return s.d, true
			}
		}
	}
	return 0, false
}

// eventAt gives the first entry of a moment, nil when there is none.
func (d *doc) eventAt(at time.Time) *Event {
	if d.eventIndex == nil {
		d.eventIndex = map[int64]int{}
		for i, e := range d.r.Events {
			if e.At == nil {
				continue
			}
			if _, taken := d.eventIndex[e.At.UnixMicro()]; !taken {
				d.eventIndex[e.At.UnixMicro()] = i
			}
		}
	}
	i, ok := d.eventIndex[at.UnixMicro()]
	if !ok {
		return nil
	}
	return &d.r.Events[i]
}

// momentsByWords uses what the entries say. The first entry that says impact
// begins counts, the last that says all is well again, and the first sign of
// detection after the start.
func (d *doc) momentsByWords() {
	unknownStart := false
	weak := (*time.Time)(nil)
	strong := (*time.Time)(nil)
	for i := range d.r.Events {
		e := &d.r.Events[i]
		switch {
		case e.Kind == timeline.ImpactStart && e.At == nil && d.r.Started == nil:
			unknownStart = true
		case e.At == nil:
		case e.Kind == timeline.ImpactStart && !unknownStart:
			set(&d.r.Started, e.At)
		case e.Kind == timeline.Resolved:
			strong = e.At
		case e.Kind == timeline.Mitigated:
			if d.r.Resolved == nil || !d.r.Resolved.Equal(*e.At) {
				set(&d.r.Mitigated, e.At)
			}
			weak = e.At
		}
	}
	if strong != nil && d.r.Resolved != nil && !strong.Equal(*d.r.Resolved) && len(d.spans) == 0 {
		d.warn(d.lineAt(*strong), fmt.Sprintf("This entry says that the event ended at %s, but %s is given elsewhere; that was taken.", d.clock(*strong), d.clock(*d.r.Resolved)))
	}
	set(&d.r.Resolved, strong)
	set(&d.r.Resolved, weak)
	for _, e := range d.r.Events {
		sign := e.Kind == timeline.Detected || e.Kind == timeline.Alarm
		if sign && e.At != nil && (d.r.Started == nil || !e.At.Before(*d.r.Started)) {
			set(&d.r.Detected, e.At)
		}
	}
}

// startByDuration finds the start by a stated duration: exactly one entry lies
// that long before the end. A labelled detection is no start.
func (d *doc) startByDuration() {
	if d.r.Started != nil || d.r.Resolved == nil {
		return
	}
	for _, s := range d.stated {
		if s.what != wholeTime || s.least {
			continue
		}
		want := d.r.Resolved.Add(-s.d)
		var hit *Event
		count := 0
		for i := range d.r.Events {
			e := &d.r.Events[i]
			if e.At == nil || e.At.Sub(want).Abs() > slack(s) {
				continue
			}
			if hit == nil || !e.At.Equal(*hit.At) {
				count++
			}
			hit = e
		}
		if count == 1 && !d.labelledAt(*hit.At) {
			set(&d.r.Started, hit.At)
			return
		}
	}
}

// slack is how far a stated duration may be off and still agree.
func slack(s stated) time.Duration {
	if s.approx {
		return max(3*time.Minute, s.d/20)
	}
	return time.Minute
}

// labelledAt reports whether a label says that a moment is something else than
// the start, such as the detection.
func (d *doc) labelledAt(at time.Time) bool {
	for _, k := range d.keys {
		if k.at != nil && k.at.Equal(at) && k.kind != timeline.ImpactStart {
			return true
		}
	}
	return false
}

// dropImpossible keeps contradictions from giving a negative duration: both
// times stay, and a sentence says that they contradict each other.
func (d *doc) dropImpossible() {
	s, e := d.r.Started, d.r.Resolved
	if s != nil && e != nil && e.Before(*s) {
		d.warn(d.lineAt(*e), fmt.Sprintf("The event ends (%s) before it starts (%s); no duration was computed. Check both times.", d.clock(*e), d.clock(*s)))
	}
}

func (d *doc) clock(t time.Time) string { return t.In(d.zone).Format("2006-01-02 15:04") }

// lineAt gives the line of the entry or label of a moment; 1 when none has it.
func (d *doc) lineAt(at time.Time) int {
	for _, k := range d.keys {
		if k.at != nil && k.at.Equal(at) {
			return k.line + 1
		}
	}
	if e := d.eventAt(at); e != nil {
		return e.Line
	}
	return 1
}

// markKinds gives the entries at the key moments their kinds, and takes those
// kinds from other entries, so that each key moment stands once.
func (d *doc) markKinds() {
	chosen := []struct {
		kind timeline.Kind
		at   *time.Time
	}{{timeline.ImpactStart, d.r.Started}, {timeline.Detected, d.r.Detected}, {timeline.Resolved, d.r.Resolved}, {timeline.Mitigated, d.r.Mitigated}}
	taken := map[int]bool{}
	for _, c := range chosen {
		best := -1
		for i, e := range d.r.Events {
			if c.at == nil || e.At == nil || !e.At.Equal(*c.at) || taken[i] {
				continue
			}
			if best < 0 || e.Kind == c.kind && d.r.Events[best].Kind != c.kind {
				best = i
			}
		}
		for i := range d.r.Events {
			if e := &d.r.Events[i]; e.Kind == c.kind && i != best && !taken[i] && e.At != nil {
				e.Kind = timeline.Note
			}
		}
		if best >= 0 {
			d.r.Events[best].Kind, taken[best] = c.kind, true
		}
	}
}

// checkStated compares stated durations with the times.
func (d *doc) checkStated() {
	for _, s := range d.stated {
		bases, ends := d.bounds(s.what)
		var nearest *time.Duration
		for _, b := range bases {
			for _, e := range ends {
				if b == nil || e == nil || e.Before(*b) {
					continue
				}
				got := e.Sub(*b)
				if nearest == nil || (got-s.d).Abs() < (*nearest-s.d).Abs() {
					nearest = &got
				}
			}
		}
		if s.what == wholeTime && len(d.spans) > 1 {
			continue // each span has a duration of its own
		}
		if nearest == nil || (*nearest-s.d).Abs() <= slack(s) || s.least && *nearest >= s.d {
			continue
		}
		d.warn(s.line, fmt.Sprintf("The text says %s for the %s, but by the times it is %s.",
			timeline.ShortDuration(s.d), s.what, timeline.ShortDuration(*nearest)))
	}
}

// bounds gives the moments between which a duration can have been measured.
func (d *doc) bounds(what durationKind) (from, to []*time.Time) {
	declared := (*time.Time)(nil)
	for _, k := range d.keys {
		if k.kind == timeline.Engaged {
			declared = k.at
		}
	}
	switch what {
	case toDetect:
		return []*time.Time{d.r.Started}, []*time.Time{d.r.Detected}
	case toRepair:
		if d.r.Mitigated != nil {
			return []*time.Time{d.r.Started, d.r.Detected, declared}, []*time.Time{d.r.Mitigated}
		}
		return []*time.Time{d.r.Started, d.r.Detected, declared}, []*time.Time{d.r.Resolved}
	case toResolve:
		return []*time.Time{d.r.Started, d.r.Detected, declared}, []*time.Time{d.r.Resolved}
	}
	return []*time.Time{d.r.Started, d.r.Detected}, []*time.Time{d.r.Mitigated, d.r.Resolved}
}

// checkPermalinks compares entries with the Slack messages they link: a steady
// distance of whole half hours shows another zone than the one taken.
func (d *doc) checkPermalinks() {
	votes := map[time.Duration]int{}
	first := map[time.Duration]int{}
	for _, e := range d.r.Events {
		moments := timeline.Permalinks(e.Text)
		if e.At == nil || len(moments) == 0 || e.Precision != timeline.Exact {
			continue
		}
		away := moments[0].Sub(*e.At).Round(30 * time.Minute)
		if (moments[0].Sub(*e.At)-away).Abs() > 3*time.Minute || away.Abs() > 14*time.Hour {
			continue
		}
		votes[away]++
		if first[away] == 0 {
			first[away] = e.Line
		}
	}
	for away, n := range votes {
		if away == 0 || votes[0] >= n || d.r.ZoneStated {
			continue
		}
		e := d.eventOnLine(first[away])
		_, offset := e.At.In(d.zone).Zone()
		seems := timeline.OffsetName(offset/60 - int(away/time.Minute))
		d.warn(first[away], fmt.Sprintf("The Slack message linked here was sent %s away from this time: the times seem to be at %s.", timeline.ShortDuration(away.Abs()), seems))
	}
}

func (d *doc) eventOnLine(line int) *Event {
	for i := range d.r.Events {
		if d.r.Events[i].Line == line {
			return &d.r.Events[i]
		}
	}
	return nil
}
