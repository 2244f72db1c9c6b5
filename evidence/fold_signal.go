package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// flapping is how soon after its end an alarm may fire again and still count as
// one stretch.
const flapping = 5 * time.Minute

// foldSignal folds what comes and goes: alarms and incidents. An alarm starts
// and ends with its last stretch, an incident with all of them.
func foldSignal(kept []Record) (Item, []Span) {
	slices.SortFunc(kept, func(a, b Record) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.DedupeKey, b.DedupeKey))
	})
	item := merge(kept)
	for _, r := range kept {
		if r.signals() {
			item.State, item.Rank = r.State, r.Rank
		}
	}
	if item.Type == TypeIncident {
		d := item.Details()
		d.Text = texts(kept)
		item.Detail = text(d, "{}")
	}
	spans, orphan := stretches(kept)
	if orphan != nil && len(spans) == 0 {
		item.Gap, item.EndedAt = true, orphan
		if item.Type == TypeIncident {
			spans = []Span{{StartedAt: *orphan, EndedAt: orphan, Times: 1}}
		}
	}
	if len(spans) == 0 {
		return item, nil
	}
	first, last := spans[0], spans[len(spans)-1]
	if item.Type == TypeAlarm {
		first = last
	}
	item.StartedAt, item.EndedAt = &first.StartedAt, last.EndedAt
	item.Gap = item.Gap || orphan != nil && item.Type == TypeIncident || unseen(kept, spans)
	return item, spans
}

// signals reports whether a record says that something fires or is over. A note
// says neither.
func (r Record) signals() bool {
	word := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(r.State))
	_, known := ranks[word]
	switch {
	case r.Rank < RankStarting:
		return false
	case known || strings.Contains(word, "open") || r.Rank != RankOf(r.State):
		return true
	}
	return r.Type == TypeAlarm && word != "insufficientdata"
}

// moment is a point at which something begins, goes on or is over.
type moment struct {
	at   time.Time
	kind int
}

const (
	begins = iota
	goesOn // and nobody says since when
	isOver
)

// stretches pairs beginnings with the next end. A beginning within a stretch
// counts as one more firing, an end without a beginning before any stretch is an
// orphan; what fires again soon after its end goes on in the same stretch.
func stretches(kept []Record) (spans []Span, orphan *time.Time) {
	var open *Span
	for _, m := range moments(kept) {
		switch {
		case m.kind == isOver && open != nil:
			at := m.at
			open.EndedAt = &at
			spans, open = append(spans, *open), nil
		case m.kind == isOver && len(spans) == 0 && orphan == nil:
			at := m.at
			orphan = &at
		case m.kind == isOver:
		case open == nil:
			open = &Span{StartedAt: m.at, Times: 1}
		case m.kind == begins:
			open.Times++
		}
	}
	if open != nil {
		spans = append(spans, *open)
	}
	return joined(spans), orphan
}

func joined(spans []Span) []Span {
	var out []Span
	for _, sp := range spans {
		if n := len(out) - 1; n >= 0 && sp.StartedAt.Sub(*out[n].EndedAt) <= flapping {
			out[n].EndedAt, out[n].Times = sp.EndedAt, out[n].Times+sp.Times
			continue
		}
		out = append(out, sp)
	}
	return out
}

// moments lists each point once, in order; at one instant the end is the last
// word, as it is for the state.
func moments(kept []Record) []moment {
	seen := map[moment]bool{}
	add := func(at *time.Time, kind int) {
		if at != nil {
			seen[moment{at.UTC(), kind}] = true
		}
	}
	for _, r := range kept {
		add(r.StartedAt, begins)
		switch {
		case !r.signals():
		case r.Rank.Ended():
			add(firstTime(r.EndedAt, known0(r.OccurredAt)), isOver)
		case r.StartedAt == nil:
			add(known0(r.OccurredAt), goesOn)
		}
	}
	all := make([]moment, 0, len(seen))
	for m := range seen {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b moment) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.kind, b.kind))
	})
	return all
}

// unseen reports whether nobody told the beginning of the last stretch.
func unseen(kept []Record, spans []Span) bool {
	at := spans[len(spans)-1].StartedAt
	return !slices.ContainsFunc(kept, func(r Record) bool { return r.StartedAt != nil && r.StartedAt.Equal(at) }) &&
		!slices.ContainsFunc(kept, func(r Record) bool { return r.StartedAt != nil && r.StartedAt.Before(at) })
}
