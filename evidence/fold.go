package evidence

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// rankLost is between running and ended: what was given up as never ended may
// still be ended by a late message, but not be set running by one.
const rankLost Rank = 45

// lostState is the state of what was given up, lostKey begins the dedupe keys of
// our own statements that say so.
const (
	lostState = "unknown"
	lostKey   = "never-ended "
)

// Fold makes one item of everything that was said about it, and the spans in
// which it went on. Neither the order of records nor repeats of them matter:
// a record of a lower rank never overwrites one of a higher rank, among equals
// the later one speaks. Alarms and incidents go by time alone, as they come and
// go. The item holds only what tools say; ids and what people say are empty.
func Fold(records []Record) (Item, []Span) {
	kept, lost := heard(records)
	if len(kept) == 0 {
		return Item{Alarms: "[]", Detail: "{}"}, nil
	}
	if t := kept[0].Type; t == TypeAlarm || t == TypeIncident {
		return foldSignal(kept)
	}
	return foldRun(kept, lost)
}

// heard gives every statement once, and apart from them our own that the thing
// was given up, unless the tool was heard of later than that.
func heard(records []Record) (kept []Record, lost *Record) {
	at := map[string]int{}
	var last time.Time
	for _, r := range records {
		if strings.HasPrefix(r.DedupeKey, lostKey) {
			if lost == nil || r.OccurredAt.After(lost.OccurredAt) {
				lost = &r
			}
			continue
		}
		if r.OccurredAt.After(last) {
			last = r.OccurredAt
		}
		i, repeated := at[r.DedupeKey]
		switch {
		case !repeated:
			at[r.DedupeKey] = len(kept)
			kept = append(kept, r)
		case encode(r) > encode(kept[i]):
			kept[i] = r
		}
	}
	if lost != nil && last.After(lost.OccurredAt) {
		lost = nil
	}
	return kept, lost
}

// encode writes a record as it is stored. Equal records give equal texts, and
// of two that differ under one key the greater text stays.
func encode(r Record) string {
	b, err := json.Marshal(r)
	if err != nil {
		return "" // only a number that is not finite; checked before it is stored
	}
	return string(b)
}

// foldRun folds what begins once and ends once.
func foldRun(kept []Record, lost *Record) (Item, []Span) {
	slices.SortFunc(kept, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.DedupeKey, b.DedupeKey))
	})
	item := merge(kept)
	item.StartedAt, item.Gap = started(kept)
	item.EndedAt = ended(kept)
	if lost != nil && !item.Rank.Ended() {
		item.State, item.Rank, item.Gap = lostState, rankLost, true
	}
	if item.StartedAt == nil {
		return item, nil
	}
	span := Span{StartedAt: *item.StartedAt, EndedAt: item.EndedAt, Times: 1}
	if item.Rank == rankLost {
		last := lastHeard(kept)
		span.EndedAt = &last
	}
	if span.EndedAt != nil && span.EndedAt.Before(span.StartedAt) {
		span.EndedAt = &span.StartedAt
	}
	return item, []Span{span}
}

// started is the earliest beginning that was told. Without one it is the
// earliest sign of life, and there is a gap.
func started(kept []Record) (at *time.Time, gap bool) {
	var sign *time.Time
	for _, r := range kept {
		at = earlier(at, r.StartedAt)
		if r.Rank >= RankStarting {
			sign = earlier(sign, known0(r.OccurredAt))
			sign = earlier(sign, r.EndedAt)
		}
	}
	if at == nil && sign != nil {
		return sign, true
	}
	return at, false
}

// ended is the end that the record of the highest rank tells; one that tells no
// time has ended when it was said.
func ended(kept []Record) (at *time.Time) {
	var said *time.Time
	for _, r := range kept {
		if !r.Rank.Ended() {
			continue
		}
		if r.EndedAt != nil {
			at = r.EndedAt
		}
		said = earlier(said, known0(r.OccurredAt))
	}
	if at == nil {
		return said
	}
	return at
}

func lastHeard(kept []Record) (last time.Time) {
	for _, r := range kept {
		if t := lastOf(known0(r.OccurredAt), r.StartedAt, r.EndedAt); t.After(last) {
			last = t
		}
	}
	return last
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

// known0 gives no time for the zero time.
func known0(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// merge lays the records over each other in their order: what a later one says
// replaces what an earlier one said.
func merge(sorted []Record) Item {
	var item Item
	var names, alarms []string
	var detail Detail
	for _, r := range sorted {
		item.Type = r.Type
		set(&item.SubjectKey, r.SubjectKey)
		set(&item.ExternalID, r.ExternalID)
		set(&item.Title, r.Title)
		set(&item.Service, r.Service)
		set(&item.Environment, r.Environment)
		set(&item.Region, r.Region)
		set(&item.FromVersion, r.FromVersion)
		set(&item.ToVersion, r.ToVersion)
		set(&item.Undoes, r.RollsBack)
		set(&item.Cause, r.Trigger)
		set(&item.Definition, r.Definition)
		set(&item.State, r.State)
		item.Rank = max(item.Rank, r.Rank)
		item.DryRun = item.DryRun || r.DryRun
		if r.Outcome != Unknown {
			set(&item.ToolOutcome, r.Outcome)
		}
		names = slices.Concat([]string{r.Service}, r.Names, names) // the last word is the best
		alarms = append(alarms, r.Alarms...)
		detail = detail.with(r.Detail)
	}
	if item.Type == TypeExperiment && item.ToolOutcome == "" {
		item.ToolOutcome = Unknown
	}
	names = slices.DeleteFunc(distinct(names, maxNames), func(n string) bool { return n == item.Service })
	item.Names = strings.Join(names, "\n")
	item.Alarms = text(distinct(alarms, maxListed), "[]")
	item.Detail = text(detail, "{}")
	return item
}

// Bounds of what an item keeps of its records.
const (
	maxNames  = 20
	maxListed = 200
)

// set replaces a value by one that says something.
func set[T comparable](field *T, said T) {
	var nothing T
	if said != nothing {
		*field = said
	}
}

// distinct gives each text once, in order of appearance, at most n.
func distinct(all []string, n int) []string {
	out := []string{}
	for _, s := range all {
		if s != "" && !slices.Contains(out, s) && len(out) < n {
			out = append(out, s)
		}
	}
	return out
}

func text(v any, otherwise string) string {
	b, err := json.Marshal(v)
	if err != nil {
		return otherwise
	}
	return string(b)
}
