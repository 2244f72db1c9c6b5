package templates

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// bubble is the mark of one key moment, or of several that are too close to be
// told apart.
type bubble struct {
	moments []FigureMoment
	x       float64 // percent
}

// narrow is the width, in px, at which two bubbles may just touch.
const narrow = 640

// width of the mark in px.
func (b bubble) width() int { return 10 + 8*len([]rune(b.text())) }

// text is "5", or "1–4" for neighbours, or "1, 3".
func (b bubble) text() string {
	first, last := b.moments[0].N, b.moments[len(b.moments)-1].N
	if len(b.moments) == 1 {
		return strconv.Itoa(first)
	}
	if last-first == len(b.moments)-1 {
		return fmt.Sprintf("%d–%d", first, last)
	}
	var all []string
	for _, m := range b.moments {
		all = append(all, strconv.Itoa(m.N))
	}
	return strings.Join(all, ", ")
}

// bubbles joins moments until none of the marks touch.
func bubbles(a FigureAxis, moments []FigureMoment) []bubble {
	var all []bubble
	for _, m := range onAxis(a, moments) {
		all = append(all, bubble{[]FigureMoment{m}, a.at(m.At)})
		for len(all) > 1 && touch(all[len(all)-2], all[len(all)-1]) {
			last := all[len(all)-1]
			all = all[:len(all)-1]
			b := &all[len(all)-1]
			b.moments = append(b.moments, last.moments...)
			b.x = (a.at(b.moments[0].At) + a.at(b.moments[len(b.moments)-1].At)) / 2
		}
	}
	for i := range all { // a mark is read in the order of its numbers
		slices.SortFunc(all[i].moments, func(p, q FigureMoment) int { return p.N - q.N })
	}
	return all
}

func touch(left, right bubble) bool {
	return (right.x-left.x)/100*narrow < float64(left.width()+right.width())/2+2
}

// onAxis gives the moments that a figure shows, in order of time.
func onAxis(a FigureAxis, moments []FigureMoment) []FigureMoment {
	var shown []FigureMoment
	for _, m := range moments {
		if !m.At.IsZero() && a.holds(m.At) {
			shown = append(shown, m)
		}
	}
	slices.SortStableFunc(shown, func(p, q FigureMoment) int {
		if c := p.At.Compare(q.At); c != 0 {
			return c
		}
		return p.N - q.N
	})
	return shown
}

// moments draws a dotted line for each moment down to y, and the marks on top.
// A line says its number in data-moment, so that a script can light the entry.
func (w *svg) moments(a FigureAxis, moments []FigureMoment, y int) {
	for _, m := range onAxis(a, moments) {
		x := pct(a.at(m.At))
		w.put(`<line class="mv" data-moment="%d" x1="%s" x2="%s" y1="19" y2="%d"/>`, m.N, x, x, y)
	}
	for _, b := range bubbles(a, moments) {
		width := b.width()
		w.put(`<g transform="translate(-%d 0)"><svg x="%s" y="1" width="%d" height="18">`, width/2, pct(b.x), width)
		w.put(`<rect class="bub" x=".75" y=".75" width="%s" height="16.5" rx="8.25"/>`, num(float64(width)-1.5))
		w.put(`<text class="bt" x="%d" y="13">%s</text></svg></g>`, width/2, b.text())
	}
}

// momentWords names the numbers of a figure: "Numbered lines: 1 trigger 09:37, …".
func momentWords(a FigureAxis, moments []FigureMoment) string {
	var all []string
	for _, m := range onAxis(a, moments) {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s", m.N, m.Label, a.clock(m.At))))
	}
	if len(all) == 0 {
		return ""
	}
	return "Numbered lines: " + strings.Join(all, ", ") + "."
}
