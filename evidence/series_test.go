package evidence

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"coetracker/internal/fault"
)

func mustSeries(t testing.TB, text string, o SeriesOptions) Series {
	t.Helper()
	s, err := ParseSeries(text, o)
	if err != nil {
		t.Fatalf("ParseSeries(%q): %v", text, err)
	}
	return s
}

func TestParseSeries_Forms(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const want = "time,errors,latency\n2025-09-29T16:58:00Z,1,20.5\n2025-09-29T16:59:00Z,,21\n"
	tests := []struct {
		name, text string
		zone       *time.Location
	}{
		{"RFC 3339", "t,errors,latency\n2025-09-29T16:58:00Z,1,20.5\n2025-09-29T18:59:00+02:00,,21\n", nil},
		{"Unix seconds", "t,errors,latency\n1759165080,1,20.5\n1759165140,NaN,21\n", berlin},
		{"Unix seconds with a fraction", "t,errors,latency\n1759165080.0,1,20.5\n1759165140.000,null,21\n", nil},
		{"Unix milliseconds", "t,errors,latency\n1759165080000,1,20.5\n1759165140000,,21\n", nil},
		{"local minutes", "t,errors,latency\n2025-09-29 18:58,1,20.5\n2025-09-29 18:59,-,21\n", berlin},
		{"local seconds", "t,errors,latency\n2025-09-29 16:58:00,1,20.5\n2025-09-29 16:59:00,,21", nil},
		{"tabs", "t\terrors\tlatency\n2025-09-29 16:58\t1\t20.5\n2025-09-29 16:59\t\t21\n", nil},
		{"semicolons and decimal commas", "t;errors;latency\n2025-09-29 16:58;1;20,5\n2025-09-29 16:59;;21\n", nil},
		{"percent and quotes", "\"t\",\"errors\",\"latency\"\r\n\"2025-09-29 16:58 UTC\",\"1%\",20.5\r\n2025-09-29 16:59,,21\r\n", nil},
		{"newest first, empty lines, byte order mark", "\uFEFFt,errors,latency\n\n2025-09-29 16:59,,21\n\n2025-09-29 16:58,1,20.5\n,,\n", nil},
		{"short row", "t,errors,latency\n2025-09-29 16:59,,21\n2025-09-29 16:58,1,2.05e1\n", nil},
		{"a row for each value", "timestamp,metric,value\n2025-09-29 16:58,errors,1\n2025-09-29 16:58,latency,20.5\n2025-09-29 16:59,latency,21\n", nil},
		{"old line ends", "t,errors,latency\r2025-09-29 16:58,1,20.5\r2025-09-29 16:59,,21\r", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := mustSeries(t, tt.text, SeriesOptions{Zone: tt.zone})
			if diff := cmp.Diff(want, s.CSV()); diff != "" {
				t.Error(diff)
			}
			if !math.IsNaN(s.Values[0][1]) {
				t.Error("the gap is not NaN")
			}
			if s.Step() != time.Minute || s.Len() != 2 {
				t.Errorf("step %v, length %d", s.Step(), s.Len())
			}
		})
	}
}

func TestParseSeries_Errors(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text, says string }{
		{"nothing", " \n\n", "nothing to draw"},
		{"no names", "2025-09-29 16:58,1\n2025-09-29 16:59,2\n", "Line 1 holds values, not names"},
		{"one column", "time\n2025-09-29 16:58\n", "only one column"},
		{"no values", "time,a\n", "no values below"},
		{"empty name", "time,a,\n2025-09-29 16:58,1,2\n", "Column 3 on line 1 has no name"},
		{"same name", "time,a,a\n2025-09-29 16:58,1,2\n", "named “a”"},
		{"no time", "time,a\nsoon,1\n", "Line 2: “soon” is not a time we read"},
		{"empty time", "time,a\n2025-09-29 16:58,1\n,1\n", "Line 3: the time is missing"},
		{"not a number", "time,a\n2025-09-29 16:58,1\n\n2025-09-29 16:59,many\n", "Line 4: “many” for a is not a number"},
		{"thousands", "time,a\n2025-09-29 16:58,\"1,234\"\n", "“1,234” for a is not a number"},
		{"infinity", "time,a\n2025-09-29 16:58,+Inf\n", "“+Inf” for a"},
		{"too many cells", "time,a\n2025-09-29 16:58,1,2\n", "Line 2 has 3 cells"},
		{"same time", "time,a\n2025-09-29 16:58,1\n2025-09-29 16:59,1\n2025-09-29 16:58,2\n", "Lines 2 and 4 have the same time"},
		{"same time and name", "t,metric,value\n2025-09-29 16:58,a,1\n2025-09-29 16:58,a,2\n", "Lines 2 and 3 have the same time"},
		{"quotes", "time,a\n2025-09-29 16:58,1\"2\n", "Line 2 has a quotation mark"},
		{"clocks forward", "time,a\n2025-03-30 02:30,1\n", "does not exist in Europe/Berlin"},
		{"clocks back", "time,a\n2025-10-26 02:30,1\n", "happens twice in Europe/Berlin"},
		{"eleven digits", "time,a\n17591650800,1\n", "has 11 digits"},
		{"51 curves", "time," + manyNames(51) + "\n2025-09-29 16:58,1\n", "more than 50 curves"},
		{"text for a number in one row", "time,a,b\n2025-09-29 16:58,many,2\n2025-09-29 16:59,1,2\n", "Line 2: “many” for a"},
		{"too many rows", "time,a\n" + manyRows(5001), "more than 5,000 rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSeries(tt.text, SeriesOptions{Zone: berlin})
			f, ok := fault.Of(err)
			if !ok || f.Kind != fault.Invalid || f.Field != "series" {
				t.Fatalf("error %v, want an invalid series", err)
			}
			if !strings.Contains(f.Text, tt.says) {
				t.Errorf("%q does not say %q", f.Text, tt.says)
			}
		})
	}
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("a%d", i)
	}
	return strings.Join(names, ",")
}

func manyRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,%d\n", 1759165080+60*i, i%7)
	}
	return b.String()
}

func TestParseSeries_Limits(t *testing.T) {
	t.Parallel()
	if s := mustSeries(t, "time,a\n"+manyRows(5000), SeriesOptions{}); s.Len() != 5000 {
		t.Errorf("%d points", s.Len())
	}
	s := mustSeries(t, "time,a (ms),b (ms)\n2025-09-29 16:58:00.1234567,-0,1e300\n", SeriesOptions{})
	if got := s.CSV(); got != "time,a (ms),b (ms)\n2025-09-29T16:58:00.123456Z,0,1e+300\n" {
		t.Error(got)
	}
	if s.Unit != "ms" {
		t.Errorf("unit %q", s.Unit)
	}
	if s := mustSeries(t, "time,a (ms)\n2025-09-29 16:58,1\n", SeriesOptions{Unit: "%"}); s.Unit != "%" {
		t.Errorf("unit %q", s.Unit)
	}
}

func TestSeries_CSVIsCanonical(t *testing.T) {
	t.Parallel()
	text := "time,=cmd|'/c calc'!A0,'=x,\"a;b,\"\"c\"\"\",@sum\n2025-09-29 16:58,-5,1,2,3\n"
	s := mustSeries(t, text, SeriesOptions{})
	if diff := cmp.Diff([]string{"=cmd|'/c calc'!A0", "=x", `a;b,"c"`, "@sum"}, s.Names); diff != "" {
		t.Fatal(diff)
	}
	for _, cell := range strings.Split(strings.SplitN(s.CSV(), "\n", 2)[0], ",") {
		if strings.ContainsRune("=+-@", rune(cell[0])) {
			t.Errorf("a spreadsheet would run %q", cell)
		}
	}
	if again := mustSeries(t, s.CSV(), SeriesOptions{}); again.Hash() != s.Hash() || len(s.Hash()) != 64 {
		t.Errorf("hash %s, then %s", s.Hash(), again.Hash())
	}
}

// generated draws a series that ParseSeries could have made.
func generated(t *rapid.T) Series {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[-=+@'"a-c;,{}%é]{1,8}`), 1, 8, rapid.ID[string]).Draw(t, "names")
	n := rapid.IntRange(1, 60).Draw(t, "points")
	s := Series{Names: names, Values: make([][]float64, len(names))}
	at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "start")).UTC()
	for range n {
		s.Times = append(s.Times, at)
		at = at.Add(time.Duration(rapid.Int64Range(1, 1e10).Draw(t, "step")) * time.Microsecond)
		for i := range names {
			v := rapid.Float64Range(-1e18, 1e18).Draw(t, "value")
			if rapid.IntRange(0, 5).Draw(t, "gap") == 0 {
				v = math.NaN()
			}
			s.Values[i] = append(s.Values[i], v)
		}
	}
	return s
}

func TestSeries_RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := generated(rt)
		got, err := ParseSeries(s.CSV(), SeriesOptions{})
		if err != nil {
			rt.Fatalf("%v in\n%s", err, s.CSV())
		}
		got.Unit = s.Unit
		if diff := cmp.Diff(s, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(0, 0)); diff != "" {
			rt.Fatal(diff)
		}
		if got.CSV() != s.CSV() {
			rt.Fatal("the second CSV differs from the first")
		}
	})
}

func TestSeries_Thin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := generated(rt)
		n := rapid.IntRange(0, 70).Draw(rt, "n")
		thin := s.Thin(n)
		if most := max(n, 3*len(s.Names)+2); thin.Len() > most {
			rt.Fatalf("%d points of %d, at most %d wanted", thin.Len(), s.Len(), most)
		}
		for i := range s.Names {
			low, high := extremes(s.Values[i])
			thinLow, thinHigh := extremes(thin.Values[i])
			if low != thinLow || high != thinHigh {
				rt.Fatalf("curve %d runs from %v to %v, thinned from %v to %v", i, low, high, thinLow, thinHigh)
			}
			if len(thin.Values[i]) != thin.Len() {
				rt.Fatalf("curve %d has %d values for %d times", i, len(thin.Values[i]), thin.Len())
			}
		}
		from, to := s.Span()
		if a, b := thin.Span(); !a.Equal(from) || !b.Equal(to) {
			rt.Fatalf("from %v to %v, thinned from %v to %v", from, to, a, b)
		}
	})
}

func extremes(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

func TestParseSeries_SharedSamples(t *testing.T) {
	t.Parallel()
	wide := mustSeries(t, sharedCSV(t, "wide-grafana-like.csv"), SeriesOptions{})
	long := mustSeries(t, sharedCSV(t, "long-timestamp-metric-value.csv"), SeriesOptions{})
	if wide.Len() != 28 || len(wide.Names) != 2 || len(long.Names) != 2 {
		t.Errorf("%d points, %d and %d curves", wide.Len(), len(wide.Names), len(long.Names))
	}
	if diff := cmp.Diff(wide.Values, long.Values); diff != "" {
		t.Errorf("the two shapes of the same numbers differ: %s", diff)
	}
}

// sharedCSV finds a research sample beside the project, or skips.
func sharedCSV(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "shared", "samples", "payloads", "csv", name))
	if err != nil {
		t.Skipf("the sample %s is not here", name)
	}
	return string(b)
}

func FuzzParseSeries(f *testing.F) {
	f.Add("time,a\n2025-09-29 16:58,1\n")
	f.Add("t;b\n1759165080;1,5\n")
	f.Add("t\tm\tv\n1759165080000\t=x\t2\n")
	f.Add("\"t\",\"'=a\"\r\n2025-09-29T16:58:00.5+02:00,-0\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSeries(text, SeriesOptions{})
		if err != nil {
			if e, ok := fault.Of(err); !ok || e.Field != "series" {
				t.Fatalf("not a fault of the field: %v", err)
			}
			return
		}
		again, err := ParseSeries(s.CSV(), SeriesOptions{})
		if err != nil || again.CSV() != s.CSV() {
			t.Fatalf("%v, CSV %q, then %q", err, s.CSV(), again.CSV())
		}
		if s.Thin(100).Len() > max(100, 3*len(s.Names)+2) {
			t.Errorf("thinned to %d", s.Thin(100).Len())
		}
	})
}
