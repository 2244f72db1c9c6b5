package templates

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"coetracker/evidence"
)

// FigureMetric is a graph of stored numbers with the key moments over it.
type FigureMetric struct {
	ID       string
	Title    string // what is measured, as above the graph
	Series   evidence.Series
	Axis     FigureAxis // the zero value: the series' own span
	Zone     *time.Location
	Moments  []FigureMoment
	From, To time.Time // shaded: from detected to mitigated
}

const (
	metricTop    = 26
	metricBottom = 176
	metricHeight = 200
	// metricPoints is how many points are drawn at most; more than the px of a
	// screen are not seen. Of more than metricCurves curves each has fewer, so that
	// the page stays small.
	metricPoints = 1200
	metricCurves = 8
	metricFewest = 480
)

// dashes tell the curves apart without colour; the first is solid and the
// second has its dashes from the style sheet.
var dashes = [...]string{"", "", "2 2", "8 3 2 3", "10 4", "1 3", "12 3 3 3 3 3", "4 4"}

// SVG draws the graph, "" when there is no value.
func (f FigureMetric) SVG() template.HTML {
	f = f.ready()
	if f.Axis.span() <= 0 || len(f.Series.Names) == 0 {
		return ""
	}
	w := openSVG(f.ID, metricHeight, f.Words(), f.more())
	w.band(f.Axis, f.From, f.To, metricTop, metricBottom-metricTop)
	w.axis(f.Axis, metricBottom)
	scale := newScale(f.Series, metricTop, metricBottom)
	w.valueTicks(scale, f.Series.Unit)
	w.moments(f.Axis, f.Moments, metricBottom)
	w.curves(f, scale)
	w.dots(f, scale)
	for _, l := range placeLabels(f, scale) {
		w.put(`<text class="%s" x="%s" y="%s">%s</text>`, l.class, pct(l.x), num(l.y), esc(l.text))
	}
	return w.html()
}

// ready fills what was left out and thins the series.
func (f FigureMetric) ready() FigureMetric {
	if f.Axis.span() <= 0 {
		f.Axis.From, f.Axis.To = f.Series.Span()
		f.Axis.Zone = f.Zone
		if f.Axis.From.Equal(f.Axis.To) { // one point: a minute on both sides
			f.Axis.From, f.Axis.To = f.Axis.From.Add(-time.Minute), f.Axis.To.Add(time.Minute)
		}
		if f.Axis.From.Year() < 2 {
			f.Axis = FigureAxis{}
		}
	}
	f.Series = f.Series.Thin(max(metricPoints*metricCurves/max(len(f.Series.Names), metricCurves), metricFewest))
	return f
}

// valueTicks draws lines at round values; the lowest is the axis itself.
func (w *svg) valueTicks(f figureScale, unit string) {
	for i, v := range f.ticks {
		y := f.y(v)
		label := figureNumber(v)
		if i == len(f.ticks)-1 && unit != "" && len(unit) <= 12 {
			label += " " + esc(unit)
		}
		if i > 0 {
			w.put(`<line class="gr" x1="0" x2="100%%" y1="%s" y2="%s"/>`, num(y), num(y))
		}
		w.put(`<text class="pl sub" x="0" y="%s">%s</text>`, num(y-4), label)
	}
}

// curves draws in a box of its own, whose x runs from 0 to 1000 however wide
// the page is.
func (w *svg) curves(f FigureMetric, scale figureScale) {
	height := metricBottom - metricTop
	w.put(`<svg y="%d" width="100%%" height="%d" viewBox="0 0 1000 %d" preserveAspectRatio="none">`, metricTop, height, height)
	for i := range f.Series.Names {
		class, dash := "ser", ""
		if i > 0 {
			class += " ser" + itoa(i+1)
		}
		if d := dashes[i%len(dashes)]; d != "" {
			dash = ` stroke-dasharray="` + d + `"`
		}
		for _, run := range f.runs(i) {
			if len(run) == 1 {
				continue // drawn by dots
			}
			w.put(`<polyline class="%s"%s points="`, class, dash)
			for k, p := range run {
				if k > 0 {
					w.WriteByte(' ')
				}
				w.put(`%.1f,%.1f`, p.x*10, scale.y(p.v)-metricTop)
			}
			w.WriteString(`"/>`)
		}
	}
	w.WriteString(`</svg>`)
}

// dots draws the points that stand alone between gaps; no line leads to them.
func (w *svg) dots(f FigureMetric, scale figureScale) {
	for i := range f.Series.Names {
		for _, run := range f.runs(i) {
			if len(run) == 1 {
				w.put(`<circle class="pt" cx="%s" cy="%s" r="2.5"/>`, pct(run[0].x), num(scale.y(run[0].v)))
			}
		}
	}
}

// figurePoint is a value at a place in percent.
type figurePoint struct{ x, v float64 }

// runs gives the pieces of a curve between its gaps, cut at the ends of the axis.
func (f FigureMetric) runs(curve int) [][]figurePoint {
	var all [][]figurePoint
	var run []figurePoint
	end := func() {
		if len(run) > 0 {
			all = append(all, run)
		}
		run = nil
	}
	values, times := f.Series.Values[curve], f.Series.Times
	for i, v := range values {
		if math.IsNaN(v) {
			end()
			continue
		}
		if i > 0 && !math.IsNaN(values[i-1]) {
			for _, edge := range []time.Time{f.Axis.From, f.Axis.To} {
				if times[i-1].Before(edge) && times[i].After(edge) {
					share := float64(edge.Sub(times[i-1])) / float64(times[i].Sub(times[i-1]))
					run = append(run, figurePoint{f.Axis.at(edge), values[i-1] + share*(v-values[i-1])})
				}
			}
		}
		if f.Axis.holds(times[i]) {
			run = append(run, figurePoint{f.Axis.at(times[i]), v})
		} else if times[i].After(f.Axis.To) {
			end()
		}
	}
	end()
	return all
}

// more says what the shading and the numbers are.
func (f FigureMetric) more() string {
	more := momentWords(f.Axis, f.Moments)
	if !f.From.IsZero() && f.To.After(f.From) {
		more = strings.TrimSpace("Shaded from " + f.Axis.clock(f.From) + " to " + f.Axis.clock(f.To) + ". " + more)
	}
	return more
}

// spokenCurves is how many curves are put into words; more nobody listens to.
const spokenCurves = 3

// Words says what the graph shows to those who do not see it.
func (f FigureMetric) Words() string {
	f = f.ready()
	words := strings.TrimRight(f.Title, ". ")
	if f.Series.Unit != "" && !strings.Contains(words, f.Series.Unit) {
		words += ", " + f.Series.Unit
	}
	words += ", " + f.Axis.words() + "."
	for i, name := range f.Series.Names {
		if i == spokenCurves {
			words += fmt.Sprintf(" And %s.", counted(len(f.Series.Names)-i, "more curve"))
			break
		}
		words += " " + f.curveWords(i, name)
	}
	return words
}

func (f FigureMetric) curveWords(curve int, name string) string {
	first, last, low, high := -1, -1, -1, -1
	values, times := f.Series.Values[curve], f.Series.Times
	for i, v := range values {
		if math.IsNaN(v) || !f.Axis.holds(times[i]) {
			continue
		}
		if first < 0 {
			first, low, high = i, i, i
		}
		last = i
		if v < values[low] {
			low = i
		}
		if v > values[high] {
			high = i
		}
	}
	switch {
	case first < 0:
		return name + " has no values."
	case values[low] == values[high]:
		return name + " stays at " + figureNumber(values[low]) + "."
	}
	return fmt.Sprintf("%s starts at %s, is lowest with %s at %s and highest with %s at %s, and ends at %s.", name,
		figureNumber(values[first]), figureNumber(values[low]), f.Axis.clock(times[low]),
		figureNumber(values[high]), f.Axis.clock(times[high]), figureNumber(values[last]))
}
