package templates

import (
	"math"
	"strings"
)

// curveLabel is a name beside its curve.
type curveLabel struct {
	class, text string
	x, y        float64 // percent, px
	wide        float64 // percent, about
}

// maxCurveLabel is the longest name written into a graph, in characters.
const maxCurveLabel = 28

// placeLabels finds for each curve a place near it that is far from the other
// curves and from the names placed before. A lone curve whose name the title
// holds needs none.
func placeLabels(f FigureMetric, scale figureScale) []curveLabel {
	if len(f.Series.Names) == 1 && strings.Contains(f.Title, f.Series.Names[0]) {
		return nil
	}
	curves := make([][]float64, len(f.Series.Names)) // y at each percent, NaN for a gap
	for i := range curves {
		curves[i] = sampled(f, scale, i)
	}
	var placed []curveLabel
	for i, name := range f.Series.Names {
		if l, ok := bestPlace(curves, i, shortName(name), placed); ok {
			l.class = "pl"
			if !f.From.IsZero() && l.x >= f.Axis.at(f.From) && l.x+l.wide <= f.Axis.at(f.To) {
				l.class += " in"
			}
			if i > 0 {
				l.class += " sub"
			}
			placed = append(placed, l)
		}
	}
	return placed
}

func shortName(name string) string {
	if runes := []rune(name); len(runes) > maxCurveLabel {
		return string(runes[:maxCurveLabel-1]) + "…"
	}
	return name
}

// sampled gives the y of a curve at each percent of the width.
func sampled(f FigureMetric, scale figureScale, curve int) []float64 {
	ys := make([]float64, 101)
	for i := range ys {
		ys[i] = math.NaN()
	}
	for _, run := range f.runs(curve) {
		for k, p := range run {
			ys[int(p.x)] = scale.y(p.v)
			if k == 0 {
				continue
			}
			before := run[k-1]
			for x := int(math.Ceil(before.x)); x <= int(p.x); x++ {
				share := 0.0
				if p.x > before.x {
					share = (float64(x) - before.x) / (p.x - before.x)
				}
				ys[x] = scale.y(before.v + share*(p.v-before.v))
			}
		}
	}
	return ys
}

// bestPlace tries places along the curve, above and below it.
func bestPlace(curves [][]float64, curve int, text string, placed []curveLabel) (best curveLabel, ok bool) {
	wide := min(60, 0.75*float64(len([]rune(text)))+2) // about 7 px a character at 900 px
	bestScore := math.Inf(-1)
	for x := 6; float64(x)+wide < 98; x += 4 {
		y := curves[curve][x]
		if math.IsNaN(y) {
			continue
		}
		for _, dy := range []float64{-8, 18} {
			l := curveLabel{text: text, x: float64(x), y: y + dy, wide: wide}
			if l.y < metricTop+10 || l.y > metricBottom-6 {
				continue
			}
			if score := l.room(curves, placed) - crowd(curves, curve, x); score > bestScore {
				best, bestScore, ok = l, score, true
			}
		}
	}
	if !ok { // a curve along an edge: its name stands inside
		for x := 6; x < 90 && !ok; x += 4 {
			if y := curves[curve][x]; !math.IsNaN(y) {
				best, ok = curveLabel{text: text, x: float64(x), wide: wide, y: min(metricBottom-8, max(metricTop+14, y))}, true
			}
		}
	}
	return best, ok
}

// crowd is what a place loses where another curve runs so close to this one that
// nobody could tell which of them is named.
func crowd(curves [][]float64, curve, x int) float64 {
	loss := 0.0
	for i, ys := range curves {
		if i != curve && !math.IsNaN(ys[x]) {
			loss = max(loss, 40-8*math.Abs(ys[x]-curves[curve][x]))
		}
	}
	return loss
}

// room is how far, in px, the nearest curve or name is from the label; 40 and
// more are all the same, so that the middle of the graph wins.
func (l curveLabel) room(curves [][]float64, placed []curveLabel) float64 {
	room, middle := 40.0, l.y-5
	for _, ys := range curves {
		for x := int(l.x); x <= int(l.x+l.wide) && x < len(ys); x++ {
			if !math.IsNaN(ys[x]) {
				room = min(room, math.Abs(ys[x]-middle))
			}
		}
	}
	for _, p := range placed {
		if l.x < p.x+p.wide && p.x < l.x+l.wide {
			room = min(room, math.Abs(p.y-l.y)-8)
		}
	}
	return room - math.Abs(l.x+l.wide/2-50)/50
}
