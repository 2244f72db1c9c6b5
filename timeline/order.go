package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sort orders entries by time, ties by rank and then by their present order.
// An entry without a time keeps its place: it stays behind the entry that
// comes before it in rank order.
func Sort(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Rank, b.Rank) })
	type placed struct {
		entry Entry
		at    time.Time
	}
	list := make([]placed, len(entries))
	last := firstTime(entries)
	for i, e := range entries {
		if e.At != nil {
			last = *e.At
		}
		list[i] = placed{e, last}
	}
	slices.SortStableFunc(list, func(a, b placed) int { return a.at.Compare(b.at) })
	for i, p := range list {
		entries[i] = p.entry
	}
}

func firstTime(entries []Entry) time.Time {
	for _, e := range entries {
		if e.At != nil {
			return *e.At
		}
	}
	return time.Time{}
}

// KeyMoment finds the entry that counts for a kind: the one marked as key,
// else the earliest. Raw, deleted and untimed entries never count.
func KeyMoment(entries []Entry, k Kind) (Entry, bool) {
	best := -1
	for i, e := range entries {
		if e.Kind != k || e.At == nil || !e.Live() {
			continue
		}
		if best < 0 || e.IsKey && !entries[best].IsKey ||
			e.IsKey == entries[best].IsKey && e.At.Before(*entries[best].At) {
			best = i
		}
	}
	if best < 0 {
		return Entry{}, false
	}
	return entries[best], true
}

// D holds the four durations of an event. One is nil when a key moment that it
// needs is missing, or when it would be negative: Disorder says so in words.
type D struct {
	TTD *time.Duration // time to detect: detected − impact start
	TTE *time.Duration // time to engage: engaged − detected
	TTM *time.Duration // time to mitigate: mitigated − impact start
	TTR *time.Duration // time to resolve: resolved − impact start
}

// Durations computes the four durations from the key moments.
func Durations(entries []Entry) D {
	between := func(from, to Kind) *time.Duration {
		a, okA := KeyMoment(entries, from)
		b, okB := KeyMoment(entries, to)
		if !okA || !okB {
			return nil
		}
		return NotNegative(*a.At, *b.At)
	}
	return D{
		TTD: between(ImpactStart, Detected), TTE: between(Detected, Engaged),
		TTM: between(ImpactStart, Mitigated), TTR: between(ImpactStart, Resolved),
	}
}

// NotNegative gives the time from one moment to another, nil when it would be negative.
func NotNegative(from, to time.Time) *time.Duration {
	d := to.Sub(from)
	if d < 0 {
		return nil
	}
	return &d
}

// Disorder says in sentences which key moments contradict each other, in
// document order. It never repairs anything. Times are shown in UTC.
func Disorder(entries []Entry) []string {
	var known []Entry
	for _, k := range KeyMoments() {
		if e, ok := KeyMoment(entries, k); ok {
			known = append(known, e)
		}
	}
	var out []string
	for i := 1; i < len(known); i++ {
		late := known[i]
		for _, early := range slices.Backward(known[:i]) {
			if late.At.Before(*early.At) {
				out = append(out, fmt.Sprintf("%s (%s) is before %s (%s). Check both times.",
					late.Kind.Label(), clockUTC(*late.At), strings.ToLower(early.Kind.Label()), clockUTC(*early.At)))
				break
			}
		}
	}
	for _, e := range entries {
		if e.Live() && e.At != nil && e.EndAt != nil && e.EndAt.Before(*e.At) {
			out = append(out, fmt.Sprintf("The entry of %s ends before it begins. Check its end.", clockUTC(*e.At)))
		}
	}
	return out
}

func clockUTC(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") }

// Gap is a stretch of the impact without an entry.
type Gap struct {
	From, To time.Time
	After    Entry  // the entry before the stretch
	Note     string // its gap note; "" when nobody has explained the stretch
}

// Gaps lists the stretches longer than most during the impact, from impact
// start to mitigated, else to resolved, else over all entries. Untimed, raw and
// deleted entries do not end a stretch; a span covers it up to its end.
func Gaps(entries []Entry, most time.Duration) []Gap {
	timed := liveTimed(entries)
	if len(timed) == 0 {
		return nil
	}
	from, to := impactWindow(entries, timed)
	var out []Gap
	var cover time.Time
	var last Entry
	for _, e := range timed {
		begin := *e.At
		if !cover.IsZero() && begin.After(from) && cover.Before(to) {
			start, end := latest(cover, from), earliest(begin, to)
			if end.Sub(start) > most {
				out = append(out, Gap{From: start, To: end, After: last, Note: last.GapNote})
			}
		}
		cover, last = latest(cover, begin), e
		if e.EndAt != nil {
			cover = latest(cover, *e.EndAt)
		}
	}
	return out
}

func liveTimed(entries []Entry) []Entry {
	var timed []Entry
	for _, e := range entries {
		if e.Live() && e.At != nil {
			timed = append(timed, e)
		}
	}
	Sort(timed)
	return timed
}

func impactWindow(entries, timed []Entry) (from, to time.Time) {
	from, to = *timed[0].At, *timed[len(timed)-1].At
	if e, ok := KeyMoment(entries, ImpactStart); ok {
		from = *e.At
	}
	if e, ok := KeyMoment(entries, Mitigated); ok {
		return from, *e.At
	}
	if e, ok := KeyMoment(entries, Resolved); ok {
		return from, *e.At
	}
	return from, to
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
