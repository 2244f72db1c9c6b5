package evidence

import (
	"context"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"
)

const rangeAnswer = `{"status":"success","data":{"resultType":"matrix","result":[
 {"metric":{"code":"200"},"values":[[1773756000,"10"],[1773756060,"11.5"]]},
 {"metric":{"code":"500"},"values":[[1773756060,"NaN"],[1773756120,"3"]]}]}}`

func minute(n int) time.Time {
	return time.Unix(1773756000, 0).UTC().Add(time.Duration(n) * time.Minute)
}

func TestQueryRange(t *testing.T) {
	t.Parallel()
	var asked *url.URL
	fetch := func(_ context.Context, address string, _ map[string]string) (int, []byte, error) {
		asked, _ = url.Parse(address)
		return 200, []byte(rangeAnswer), nil
	}
	got, err := QueryRange(t.Context(), fetch, RangeQuery{Base: "http://prom.example:9090/p/", Query: " sum by (code) (x) ", From: minute(0), To: minute(2), Step: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if asked.Path != "/p/api/v1/query_range" || asked.Query().Get("query") != "sum by (code) (x)" || asked.Query().Get("start") != "1773756000" || asked.Query().Get("end") != "1773756120" || asked.Query().Get("step") != "60" {
		t.Errorf("asked %s", asked)
	}
	s := got.Series
	if got.Source != "prometheus" || len(s.Names) != 2 || s.Len() != 3 {
		t.Fatalf("got %s %+v", got.Source, s)
	}
	if s.Values[0][1] != 11.5 || !math.IsNaN(s.Values[0][2]) || !math.IsNaN(s.Values[1][0]) || !math.IsNaN(s.Values[1][1]) || s.Values[1][2] != 3 {
		t.Errorf("values %v", s.Values)
	}
}

func TestQueryRange_Refuses(t *testing.T) {
	t.Parallel()
	good := RangeQuery{Base: "http://p:9090", Query: "up", From: minute(0), To: minute(60)}
	with := func(change func(q *RangeQuery)) RangeQuery { q := good; change(&q); return q }
	tests := map[string]struct {
		q      RangeQuery
		status int
		body   string
		field  string
		words  string
	}{
		"no query":        {with(func(q *RangeQuery) { q.Query = " " }), 200, "", "query", "missing"},
		"long query":      {with(func(q *RangeQuery) { q.Query = strings.Repeat("x", 4001) }), 200, "", "query", "4,000"},
		"end first":       {with(func(q *RangeQuery) { q.To = q.From }), 200, "", "to", "not after"},
		"too long":        {with(func(q *RangeQuery) { q.To = q.From.AddDate(0, 2, 0) }), 200, "", "to", "31 days"},
		"too many points": {with(func(q *RangeQuery) { q.Step = 100 * time.Millisecond }), 200, "", "step", "5,000"},
		"tiny step":       {with(func(q *RangeQuery) { q.Step = 1 }), 200, "", "step", "5,000"},
		"negative step":   {with(func(q *RangeQuery) { q.Step = -time.Second }), 200, "", "step", "negative"},
		"bad query":       {good, 400, `{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}`, "query", "unexpected end"},
		"nothing":         {good, 200, `{"status":"success","data":{"resultType":"matrix","result":[]}}`, "series", "no points"},
		"no JSON":         {good, 200, `<html>`, "series", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fetch := func(context.Context, string, map[string]string) (int, []byte, error) {
				return tt.status, []byte(tt.body), nil
			}
			_, err := QueryRange(t.Context(), fetch, tt.q)
			f, ok := fault.Of(err)
			if !ok || f.Kind != fault.Invalid || f.Field != tt.field || !strings.Contains(f.Text, tt.words) {
				t.Errorf("got %v", err)
			}
		})
	}
	_, err := QueryRange(t.Context(), func(context.Context, string, map[string]string) (int, []byte, error) {
		return 502, []byte("bad gateway"), nil
	}, good)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("a gateway's answer gave %v", err)
	}
}

func TestQueryRange_ChoosesAStep(t *testing.T) {
	t.Parallel()
	for hours, want := range map[int]time.Duration{1: 15 * time.Second, 6: 22 * time.Second, 24: 86 * time.Second} {
		q := RangeQuery{Query: "up", From: minute(0), To: minute(hours * 60)}
		if err := q.check(); err != nil || q.Step != want {
			t.Errorf("%d hours: step %s, %v; want %s", hours, q.Step, err, want)
		}
	}
}

func TestJoinSeries(t *testing.T) {
	t.Parallel()
	one := Series{Names: []string{"a"}, Times: []time.Time{minute(0), minute(1)}, Values: [][]float64{{1, 2}}, Unit: "ms"}
	two := Series{Names: []string{"a"}, Times: []time.Time{minute(1), minute(2)}, Values: [][]float64{{3, 4}}}
	got, err := JoinSeries([]Series{one, two})
	if err != nil || got.Len() != 3 || got.Unit != "ms" || got.Names[0] != "a" || got.Names[1] != "a (2)" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got.Values[0][1] != 2 || !math.IsNaN(got.Values[0][2]) || !math.IsNaN(got.Values[1][0]) || got.Values[1][2] != 4 {
		t.Errorf("values %v", got.Values)
	}
	many := make([]Series, MaxSeriesNames+1)
	for i := range many {
		many[i] = one
	}
	if _, err := JoinSeries(many); !fault.Is(err, fault.Invalid) {
		t.Errorf("too many curves: %v", err)
	}
}
