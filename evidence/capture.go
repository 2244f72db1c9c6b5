package evidence

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/fault"
)

// Fetch gets an address over the network and gives status and body. The one
// that cmd/coe hands in reaches configured and public addresses only.
type Fetch func(ctx context.Context, address string, header map[string]string) (status int, body []byte, err error)

// maxCapturePoints is how many steps a query asks for when the step is left open.
const maxCapturePoints = 1000

// RangeQuery asks a Prometheus server for the numbers of a stretch of time.
type RangeQuery struct {
	Base     string // one of the configured addresses
	Query    string // PromQL
	From, To time.Time
	Step     time.Duration // 0: as fine as 1,000 points allow, at least 15 s
}

// Captured is a graph as it was when it was asked for.
type Captured struct {
	Series   Series
	Source   string // the tool, see Tools
	Warnings []string
}

// QueryRange fetches the numbers of a range query. What the server says about a
// bad query comes back as fault.Invalid of the field query.
func QueryRange(ctx context.Context, fetch Fetch, q RangeQuery) (Captured, error) {
	if err := q.check(); err != nil {
		return Captured{}, err
	}
	status, body, err := fetch(ctx, q.address(), map[string]string{"Accept": "application/json"})
	if err != nil {
		return Captured{}, err
	}
	if status != 200 {
		return Captured{}, answered(status, body)
	}
	return ReadGraph(Input{Body: body, Tool: "prometheus"}, SeriesOptions{})
}

func (q *RangeQuery) check() error {
	q.Query = strings.TrimSpace(q.Query)
	switch {
	case q.Query == "":
		return fault.Invalidf("query", "The query is missing. Write what Prometheus is to be asked, such as rate(http_requests_total[5m]).")
	case len(q.Query) > 4000:
		return fault.Invalidf("query", "The query is longer than 4,000 characters. Shorten it.")
	case !q.From.Before(q.To):
		return fault.Invalidf("to", "The end is not after the beginning. Change one of them.")
	case q.To.Sub(q.From) > 31*24*time.Hour:
		return fault.Invalidf("to", "That is more than 31 days. Choose a shorter stretch around the event.")
	case q.Step < 0:
		return fault.Invalidf("step", "The step is negative. Write seconds, such as 60.")
	}
	if q.Step == 0 {
		q.Step = max(15*time.Second, q.To.Sub(q.From)/maxCapturePoints).Round(time.Second)
	}
	if n := q.To.Sub(q.From) / max(q.Step, 1); n > MaxSeriesPoints {
		return fault.Invalidf("step", "That makes %s points, more than %s. Take a longer step.", thousands(int(n)), thousands(MaxSeriesPoints))
	}
	return nil
}

func (q *RangeQuery) address() string {
	stamp := func(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64) }
	v := url.Values{
		"query": {q.Query}, "start": {stamp(q.From)}, "end": {stamp(q.To)},
		"step": {strconv.FormatFloat(q.Step.Seconds(), 'f', -1, 64)}, "timeout": {"15s"},
	}
	return strings.TrimSuffix(q.Base, "/") + "/api/v1/query_range?" + v.Encode()
}

// answered turns an error answer into a sentence; only the text of the error
// itself is passed on, shortened.
func answered(status int, body []byte) error {
	var said string
	if docs, err := parseDocuments(body); err == nil && len(docs) > 0 {
		said = docs[0].at("error").str()
	}
	if said == "" {
		return fault.Unavailablef(nil, "Prometheus answered with status %d.", status)
	}
	return fault.Invalidf("query", "Prometheus says: %s", shorten(said))
}

// ReadGraph reads the numbers of a graph from any form we know: CSV and TSV,
// and the answers of Prometheus, CloudWatch, Datadog and OTLP.
func ReadGraph(in Input, o SeriesOptions) (Captured, error) {
	text := strings.TrimSpace(string(in.Body))
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		s, err := ParseSeries(string(in.Body), o)
		return Captured{Series: s, Source: "csv"}, err
	}
	parsed, err := Parse(in)
	if err != nil {
		return Captured{}, invalid("The JSON cannot be read: %s.", err)
	}
	var all []Series
	for _, r := range parsed.Records {
		if r.Type == TypeMetric && r.Series != nil && r.Series.Len() > 0 {
			all = append(all, *r.Series)
		}
	}
	if len(all) == 0 {
		return Captured{}, invalid("There are no points in it. Check the query and the stretch of time.%s", sentence(parsed.Warnings))
	}
	joined, err := JoinSeries(all)
	if err == nil && o.Unit != "" {
		joined.Unit = o.Unit
	}
	return Captured{Series: joined, Source: parsed.Source, Warnings: parsed.Warnings}, err
}

func sentence(warnings []string) string {
	if len(warnings) == 0 {
		return ""
	}
	return " " + shorten(warnings[0])
}

// JoinSeries puts several graphs over the union of their times; where one has
// no point there is a gap. Equal names get a number behind.
func JoinSeries(all []Series) (Series, error) {
	if len(all) == 1 {
		return all[0], nil
	}
	var joined Series
	for _, s := range all {
		joined.Times = append(joined.Times, s.Times...)
		if joined.Unit == "" {
			joined.Unit = s.Unit
		}
	}
	slices.SortFunc(joined.Times, time.Time.Compare)
	joined.Times = slices.CompactFunc(joined.Times, time.Time.Equal)
	for _, s := range all {
		for i, name := range s.Names {
			joined.Names = append(joined.Names, free(joined.Names, name))
			joined.Values = append(joined.Values, spread(s, i, joined.Times))
		}
	}
	switch {
	case len(joined.Names) > MaxSeriesNames:
		return Series{}, invalid("It has %d curves, more than %d. Ask for fewer, for example with sum by (…) or topk.", len(joined.Names), MaxSeriesNames)
	case len(joined.Times) > MaxSeriesPoints:
		return Series{}, tooManyRows(len(joined.Times))
	}
	return joined, nil
}

func free(taken []string, name string) string {
	for n, want := 2, name; ; n++ {
		if !slices.Contains(taken, want) {
			return want
		}
		want = fmt.Sprintf("%s (%d)", name, n)
	}
}

// spread lays a curve over other times.
func spread(s Series, curve int, times []time.Time) []float64 {
	values := make([]float64, len(times))
	next := 0
	for i, at := range times {
		values[i] = math.NaN()
		if next < len(s.Times) && s.Times[next].Equal(at) {
			values[i] = s.Values[curve][next]
			next++
		}
	}
	return values
}
