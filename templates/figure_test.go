package templates

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"coetracker/evidence"
)

var updateFigures = flag.Bool("update", false, "write the golden files anew")

// figureDay is the day of the event in these tests, in a zone with a whole offset.
func figureAt(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05 -0700", "2021-03-09 "+clock+" +0100")
	if err != nil {
		panic(err) // a mistake in the test itself
	}
	return t
}

func figureZone() *time.Location { return time.FixedZone("CET", 3600) }

func figureMoments() []FigureMoment {
	return []FigureMoment{
		{1, figureAt("09:37:00"), "trigger"},
		{2, figureAt("09:38:00"), "impact start"},
		{3, figureAt("09:40:00"), "detected"},
		{4, figureAt("09:43:00"), "engaged"},
		{5, figureAt("10:04:00"), "mitigation start"},
		{6, figureAt("13:18:00"), "mitigated"},
		{7, figureAt("13:54:00"), "resolved"},
	}
}

func figureAxis(t testing.TB) FigureAxis {
	t.Helper()
	axis, ok := NewFigureAxis(figureZone(), figureAt("09:12:00"), figureAt("14:20:00"), time.Time{})
	if !ok {
		t.Fatal("no axis")
	}
	return axis
}

func figureEvent(t testing.TB) FigureEvent {
	return FigureEvent{
		ID: "evt", Axis: figureAxis(t), From: figureAt("09:38:00"), To: figureAt("13:54:00"), Moments: figureMoments(),
		Spans: []FigureSpan{
			{"Detect", figureAt("09:38:00"), figureAt("09:40:00"), 5 * time.Minute, "allowed"},
			{"Engage", figureAt("09:40:00"), figureAt("09:43:00"), 10 * time.Minute, "allowed"},
			{"Mitigate", figureAt("09:43:00"), figureAt("13:18:00"), time.Hour, "aimed for"},
			{Name: "Resolve", From: figureAt("13:18:00"), To: figureAt("13:54:00")},
			{Name: "Unknown", From: figureAt("13:18:00")},
			{Name: "Negative", From: figureAt("13:18:00"), To: figureAt("13:17:00")},
		},
	}
}

// figureSeries makes curves that rise at 09:38 and fall from 12:30, with a gap.
func figureSeries(curves int) evidence.Series {
	s := evidence.Series{Unit: "%", Values: make([][]float64, curves)}
	for i := range curves {
		s.Names = append(s.Names, []string{"GET, LIST", "PUT", "three", "four & <five>", "5", "six", "seven", "eight"}[i])
	}
	for at := figureAt("09:00:00"); !at.After(figureAt("14:30:00")); at = at.Add(3 * time.Minute) {
		s.Times = append(s.Times, at.UTC())
		m := at.Sub(figureAt("09:38:00")).Minutes()
		for i := range curves {
			height := 90 / float64(i+1)
			v := height * min(1, max(0, m/(20+10*float64(i)))) * min(1, max(0, (240-m)/(60+5*float64(i))))
			if m > 100 && m < 112 && i == 1 {
				v = math.NaN()
			}
			s.Values[i] = append(s.Values[i], v)
		}
	}
	return s
}

func figureMetric(t testing.TB, curves int) FigureMetric {
	return FigureMetric{
		ID: "g1", Title: "Requests that failed in us-east-1", Series: figureSeries(curves), Axis: figureAxis(t),
		Moments: figureMoments(), From: figureAt("09:40:00"), To: figureAt("13:18:00"),
	}
}

func flatMetric(values ...float64) FigureMetric {
	s := evidence.Series{Names: []string{"level"}, Values: [][]float64{values}}
	for i := range values {
		s.Times = append(s.Times, figureAt("09:00:00").Add(time.Duration(i)*time.Minute).UTC())
	}
	return FigureMetric{ID: "g2", Title: "Servers", Series: s, Zone: figureZone()}
}

func figureCover(t testing.TB, dark ...FigureDark) FigureCover {
	return FigureCover{ID: "cv", Axis: figureAxis(t), From: figureAt("09:38:00"), To: figureAt("13:54:00"), Dark: dark}
}

// figureCases are all figures that have a golden file.
func figureCases(t testing.TB) map[string]template.HTML {
	shortAxis, _ := NewFigureAxis(time.UTC, figureAt("09:00:00"), figureAt("09:00:40"))
	nightAxis, _ := NewFigureAxis(figureZone(), figureAt("22:00:00"), figureAt("22:00:00").Add(7*time.Hour))
	longAxis, _ := NewFigureAxis(figureZone(), figureAt("09:00:00"), figureAt("09:00:00").Add(9*24*time.Hour))
	event := figureEvent(t)
	ongoing := event
	ongoing.To, ongoing.Moments, ongoing.Spans = time.Time{}, event.Moments[:4], event.Spans[:2]
	seconds := FigureEvent{ID: "s", Axis: shortAxis, From: figureAt("09:00:05"), To: figureAt("09:00:30"), Spans: []FigureSpan{
		{"Detect", figureAt("09:00:05"), figureAt("09:00:30"), time.Minute, "allowed"},
	}}
	strip := FigureStrip{figureAt("09:38:00"), figureAt("09:40:00"), figureAt("09:43:00"), figureAt("13:18:00"), figureAt("13:54:00")}
	return map[string]template.HTML{
		"event":         event.SVG(),
		"event-ongoing": ongoing.SVG(),
		"event-seconds": seconds.SVG(),
		"event-night":   FigureEvent{ID: "n", Axis: nightAxis}.SVG(),
		"event-days":    FigureEvent{ID: "d", Axis: longAxis}.SVG(),
		"strip":         strip.SVG(),
		"strip-long":    FigureStrip{Start: strip.Start, Detected: strip.Start.Add(5 * time.Hour), Resolved: strip.Start.Add(9 * time.Hour)}.SVG(),
		"cover":         figureCover(t, FigureDark{figureAt("11:02:00"), figureAt("11:37:00"), true}).SVG(),
		"cover-full":    figureCover(t).SVG(),
		"metric-1":      figureMetric(t, 1).SVG(),
		"metric-2":      figureMetric(t, 2).SVG(),
		"metric-8":      figureMetric(t, 8).SVG(),
		"metric-high":   flatMetric(99.95, 99.97, math.NaN(), 99.99, math.NaN(), 99.96, 99.98).SVG(),
		"metric-flat":   flatMetric(3, 3, 3).SVG(),
		"metric-one":    flatMetric(1250000).SVG(),
		"metric-minus":  flatMetric(-4, -2, 3).SVG(),
	}
}

func TestFigures_Golden(t *testing.T) {
	t.Parallel()
	for name, got := range figureCases(t) {
		path := filepath.Join("testdata", "figures", name+".svg")
		if *updateFigures {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(got), "><", ">\n<")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), strings.ReplaceAll(string(got), "><", ">\n<")+"\n"); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Every figure is well formed, has no style, is named, and stays in its width.
func TestFigures_Rules(t *testing.T) {
	t.Parallel()
	for name, got := range figureCases(t) {
		d := xml.NewDecoder(strings.NewReader(string(got)))
		named := strings.Contains(string(got), `aria-hidden="true"`)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, got)
			}
			e, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
					t.Errorf("%s: attribute %s", name, a.Name.Local)
				}
				var v float64
				if n, _ := fmt.Sscanf(a.Value, "%f%%", &v); n == 1 && strings.HasSuffix(a.Value, "%") && (v < 0 || v > 100) {
					t.Errorf("%s: %s=%s", name, a.Name.Local, a.Value)
				}
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s: %s=%s", name, a.Name.Local, a.Value)
				}
			}
			named = named || e.Name.Local == "title"
		}
		if !named {
			t.Errorf("%s has no title", name)
		}
	}
}

func TestFigures_Escape(t *testing.T) {
	t.Parallel()
	evil := `"><script>alert(1)</script>`
	event, metric := figureEvent(t), figureMetric(t, 2)
	event.ID, event.Moments[0].Label, event.Spans[0].Name, event.Spans[0].Goal = evil, evil, "d"+evil, evil
	metric.ID, metric.Title, metric.Series.Unit = evil, evil, `<b x="`
	metric.Series.Names[0], metric.Moments[0].Label = evil, evil
	cover := figureCover(t)
	cover.ID = evil
	for name, figure := range map[string]template.HTML{"event": event.SVG(), "metric": metric.SVG(), "cover": cover.SVG()} {
		z := html.NewTokenizer(strings.NewReader(string(figure)))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			switch tag := z.Token(); {
			case kind == html.StartTagToken && (tag.Data == "script" || tag.Data == "b"):
				t.Errorf("%s: an element got in", name)
			case tag.Data == "svg" && len(tag.Attr) > 7:
				t.Errorf("%s: an attribute got in: %v", name, tag.Attr)
			}
		}
	}
}

func TestFigures_Words(t *testing.T) {
	t.Parallel()
	strip := FigureStrip{figureAt("09:38:00"), figureAt("09:40:00"), time.Time{}, time.Time{}, figureAt("13:54:00")}
	tests := []struct{ name, got, want string }{
		{"event", figureEvent(t).Title(), "The event on a time axis from 09:00 to 15:00 CET. Detect took 2 minutes of 5 minutes allowed, engage 3 minutes of 10 minutes allowed, mitigate 3 hours 35 minutes of 1 hour aimed for, resolve 36 minutes."},
		{"moments", momentWords(figureAxis(t), figureMoments()[1:3]), "Numbered lines: 2 impact start 09:38, 3 detected 09:40."},
		{
			"cover", figureCover(t, FigureDark{figureAt("11:02:00"), figureAt("11:37:00"), true}, FigureDark{figureAt("13:30:00"), figureAt("14:10:00"), false}).Title(),
			"Impact window 09:38 to 13:54. Covered with entries except 35 minutes from 11:02 to 11:37, explained by a gap note; 24 minutes from 13:30 to 13:54, not explained.",
		},
		{"cover count", figureCover(t, FigureDark{figureAt("11:02:00"), figureAt("11:37:00"), true}).Words(), "221 of 256 minutes covered."},
		{"strip", strip.Words(), "4 h 16, 2 min unseen"},
		{"strip without times", FigureStrip{Start: figureAt("09:38:00")}.Words(), "no times yet"},
		{"metric", flatMetric(1, 1250000, 0.25).Words(), "Servers, 09:00:00 to 09:02:00 CET. level starts at 1, is lowest with 0.25 at 09:02:00 and highest with 1.25 m at 09:01:00, and ends at 0.25."},
		{"metric flat", flatMetric(3, 3).Words(), "Servers, 09:00:00 to 09:01:00 CET. level stays at 3."},
		{"many curves", figureMetric(t, 8).Words()[len(figureMetric(t, 8).Words())-19:], " And 5 more curves."},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestFigures_Numbers(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 0.1 + 0.2: "0.3", 98.46: "98.46", 12000: "12,000", 410e6: "410 m", 2.9e9: "2.9 bn",
		-1234: "-1,234", 0.00001: "1e-05", 100: "100", 99.995: "100", 99.95: "99.95", 0.0625: "0.0625", 1e18: "1e+18",
	} {
		if got := figureNumber(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

func TestFigures_WithoutData(t *testing.T) {
	t.Parallel()
	empty := map[string]template.HTML{
		"event":          FigureEvent{}.SVG(),
		"strip":          FigureStrip{}.SVG(),
		"strip backward": FigureStrip{Start: figureAt("09:38:00"), Detected: figureAt("09:00:00")}.SVG(),
		"cover":          FigureCover{}.SVG(),
		"metric":         FigureMetric{}.SVG(),
	}
	for name, got := range empty {
		if got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, ok := NewFigureAxis(nil, time.Time{}); ok {
		t.Error("an axis without a time")
	}
	gaps := flatMetric(math.NaN(), math.NaN())
	if got := gaps.SVG(); !strings.Contains(string(got), "has no values") {
		t.Errorf("only gaps: %s", got)
	}
}

func TestFigures_Bubbles(t *testing.T) {
	t.Parallel()
	var got []string
	for _, b := range bubbles(figureAxis(t), figureMoments()) {
		got = append(got, b.text())
	}
	if diff := cmp.Diff([]string{"1–4", "5", "6", "7"}, got); diff != "" {
		t.Error(diff)
	}
	unordered := []FigureMoment{{3, figureAt("10:00:00"), ""}, {1, figureAt("10:00:30"), ""}, {9, figureAt("23:00:00"), ""}}
	all := bubbles(figureAxis(t), unordered)
	if len(all) != 1 || all[0].text() != "1, 3" {
		t.Errorf("%v", all)
	}
}

func TestFigureAxis_Ticks(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2021, 3, 14, 4, 0, 0, 0, time.UTC) // the clocks go forward at 07:00 UTC
	for span := time.Second; span < 400*24*time.Hour; span = span*3/2 + time.Second {
		axis, ok := NewFigureAxis(zone, start, start.Add(span))
		ticks := axis.ticks()
		if !ok || len(ticks) < 2 || len(ticks) > 2*maxTicks+2 {
			t.Errorf("%v: %d ticks", span, len(ticks))
		}
		for i, tick := range ticks {
			if !axis.holds(tick) || i > 0 && !tick.After(ticks[i-1]) {
				t.Errorf("%v: tick %v", span, tick)
			}
		}
	}
}
