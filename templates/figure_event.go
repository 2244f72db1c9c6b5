package templates

import (
	"html/template"
	"strings"
	"time"
)

// FigureSpan is one phase of an event, drawn as a dimension line.
type FigureSpan struct {
	Name     string // "Detect"
	From, To time.Time
	Target   time.Duration // what was expected, 0 when nothing is
	Goal     string        // words after the target: "allowed", "aimed for"
}

func (s FigureSpan) known() bool {
	return !s.From.IsZero() && !s.To.IsZero() && !s.To.Before(s.From)
}

// FigureEvent is the event on one axis: when it hurt, the key moments, and how
// long each phase took.
type FigureEvent struct {
	ID       string // of the title, unique on the page
	Axis     FigureAxis
	From, To time.Time // of impact, shaded; To zero while it lasts
	Moments  []FigureMoment
	Spans    []FigureSpan // unknown and negative ones are left out
}

// SVG draws the figure, "" without an axis.
func (f FigureEvent) SVG() template.HTML {
	if f.Axis.span() <= 0 {
		return ""
	}
	spans := f.spans()
	base := 42 + 22*max(1, len(spans))
	w := openSVG(f.ID, base+28, f.Title(), momentWords(f.Axis, f.Moments))
	to := f.To
	if to.IsZero() {
		to = f.Axis.To
	}
	w.band(f.Axis, f.From, to, 22, base-22)
	w.axis(f.Axis, base)
	w.moments(f.Axis, f.Moments, base)
	for i, s := range spans {
		w.dimension(f, s, 42+22*i)
	}
	return w.html()
}

// Title says the finding in words: "Detect took 2 minutes, …".
func (f FigureEvent) Title() string {
	title := "The event on a time axis from " + f.Axis.words() + "."
	var took []string
	for _, s := range f.spans() {
		words := strings.ToLower(s.Name) + " took " + inWords(s.To.Sub(s.From))
		if len(took) > 0 {
			words = strings.ToLower(s.Name) + " " + inWords(s.To.Sub(s.From))
		}
		if s.Target > 0 {
			words += " of " + inWords(s.Target) + " " + s.Goal
		}
		took = append(took, words)
	}
	if len(took) > 0 {
		words := strings.Join(took, ", ")
		title += " " + strings.ToUpper(words[:1]) + words[1:] + "."
	}
	return title
}

func (f FigureEvent) spans() []FigureSpan {
	var known []FigureSpan
	for _, s := range f.Spans {
		if s.known() {
			known = append(known, s)
		}
	}
	return known
}

// dimension draws |---| with its words: on the line when it is long enough, else
// on the side that has more room.
func (w *svg) dimension(f FigureEvent, s FigureSpan, y int) {
	x1, x2 := f.Axis.at(s.From), f.Axis.at(s.To)
	w.put(`<line class="dim" x1="%s" x2="%s" y1="%d" y2="%d"/>`, pct(x1), pct(x2), y, y)
	for _, x := range []float64{x1, x2} {
		w.put(`<line class="dim" x1="%s" x2="%s" y1="%d" y2="%d"/>`, pct(x), pct(x), y-5, y+5)
	}
	words := esc(s.Name) + " " + briefly(s.To.Sub(s.From)) + targetWords(s)
	switch {
	case x2-x1 >= 50:
		w.put(`<text class="pl%s m" x="%s" y="%d">%s</text>`, f.inBand((x1+x2)/2), pct((x1+x2)/2), y+4, words)
	case x1 <= 100-x2:
		w.put(`<g transform="translate(8 0)"><text class="pl%s" x="%s" y="%d">%s</text></g>`, f.inBand(x2+1), pct(x2), y+4, words)
	default:
		w.put(`<g transform="translate(-8 0)"><text class="pl%s e" x="%s" y="%d">%s</text></g>`, f.inBand(x1-1), pct(x1), y+4, words)
	}
}

// targetWords are dropped on a phone. Minutes beside minutes need no unit.
func targetWords(s FigureSpan) string {
	if s.Target <= 0 {
		return ""
	}
	target, took := briefly(s.Target), s.To.Sub(s.From)
	if s.Target <= 2*time.Hour && s.Target%time.Minute == 0 {
		target = itoa(int(s.Target.Minutes()))
		if took < time.Minute || took >= time.Hour {
			target += " min"
		}
	}
	return `<tspan class="sub hide"> of ` + target + " " + esc(s.Goal) + `</tspan>`
}

// inBand gives the class of a label that stands on the shaded band.
func (f FigureEvent) inBand(x float64) string {
	if f.From.IsZero() || x < f.Axis.at(f.From) || !f.To.IsZero() && x > f.Axis.at(f.To) {
		return ""
	}
	return " in"
}
