package evidence

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of what is stored of one record. Keys are parts of indexes.
const (
	maxKey    = 400
	maxName   = 1000
	maxReason = 16 << 10
	maxBody   = 256 << 10
)

// ahead is how far a tool's clock may be before ours without a word about it.
const ahead = 5 * time.Minute

// tidy makes a record fit to be stored: texts without what a database refuses,
// keys and texts of bounded size, finite numbers. A time that lies ahead of when
// the message came in is kept and marked; the warning says so too.
func tidy(r Record, received time.Time) (Record, string) {
	r.Series = nil
	for _, key := range []*string{&r.SubjectKey, &r.DedupeKey, &r.ExternalID, &r.RollsBack, &r.Definition} {
		*key = boundKey(plain(*key))
	}
	for _, name := range []*string{&r.Service, &r.Environment, &r.Region, &r.State, &r.FromVersion, &r.ToVersion, &r.Trigger, &r.Title} {
		*name = cut(plain(*name), maxName)
	}
	r.State = strings.ToLower(r.State)
	r.Names = tidyList(r.Names, maxNames)
	r.Alarms = tidyList(r.Alarms, maxListed)
	r.OccurredAt = r.OccurredAt.UTC().Truncate(time.Microsecond)
	r.Detail.Text, r.Detail.Reason = cut(plain(r.Detail.Text), maxText), cut(plain(r.Detail.Reason), maxReason)
	r.Detail.Share, r.Detail.BakeMinutes = finite(r.Detail.Share), finite(r.Detail.BakeMinutes)
	if len(encode(r)) > maxBody {
		r.Detail = Detail{Text: r.Detail.Text, Reason: r.Detail.Reason, Hypothesis: cut(plain(r.Detail.Hypothesis), maxReason)}
	}
	if last := lastOf(known0(r.OccurredAt), r.StartedAt, r.EndedAt); last.After(received.Add(ahead)) {
		said := fmt.Sprintf("The tool's clock is ahead: it wrote %s in a message that came in at %s.",
			last.UTC().Format("2006-01-02 15:04:05Z"), received.UTC().Format("2006-01-02 15:04:05Z"))
		r.Detail.Reason = strings.TrimSpace(r.Detail.Reason + "\n" + said)
		return r, said
	}
	return r, ""
}

// boundKey keeps keys that fit and makes others unique by their hash.
func boundKey(s string) string {
	if len(s) <= maxKey {
		return s
	}
	return cut(s, maxKey-40) + "~" + hashOf(s)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// tidyList keeps one text a line.
func tidyList(list []string, most int) []string {
	var out []string
	for _, s := range list {
		out = append(out, cut(strings.Join(strings.Fields(plain(s)), " "), maxKey))
	}
	return distinct(out, most)
}

func finite(f *float64) *float64 {
	if f == nil || math.IsNaN(*f) || math.IsInf(*f, 0) {
		return nil
	}
	return f
}
