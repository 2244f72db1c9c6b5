package templates

import (
	"math"

	"coetracker/evidence"
)

// figureScale maps values to y in px; y grows downwards.
type figureScale struct {
	low, high   float64
	ticks       []float64
	top, bottom float64 // px
}

// newScale makes a scale with round ends. It begins at zero, unless the values
// keep so far from it that nothing would be seen, as with 99.95 to 99.99 %.
func newScale(s evidence.Series, top, bottom float64) figureScale {
	low, high := valueRange(s)
	switch {
	case low >= 0 && low < high/2:
		low = 0
	case high <= 0 && high > low/2:
		high = 0
	}
	if low == high { // a flat line lies in the middle, or on zero
		switch {
		case low == 0:
			high = 1
		case low > 0:
			low, high = 0, high*2
		default:
			low, high = low*2, 0
		}
	}
	step := niceStep((high - low) / 2)
	f := figureScale{top: top, bottom: bottom}
	f.low, f.high = math.Floor(low/step+1e-9)*step, math.Ceil(high/step-1e-9)*step
	for i := 0; i <= 6; i++ {
		if v := f.low + float64(i)*step; v <= f.high+step*1e-6 {
			f.ticks = append(f.ticks, v)
		}
	}
	return f
}

// valueRange gives the lowest and the highest value, 0 and 0 without any.
func valueRange(s evidence.Series) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, values := range s.Values {
		for _, v := range values {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// niceStep is 1, 2, 2.5 or 5 times a power of ten, at least about v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*power*1.000001 {
			return m * power
		}
	}
	return 10 * power
}

func (f figureScale) y(v float64) float64 {
	return f.bottom - (v-f.low)/(f.high-f.low)*(f.bottom-f.top)
}
