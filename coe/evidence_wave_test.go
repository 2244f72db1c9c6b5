package coe

import (
	"math"
	"testing"

	"coetracker/evidence"
)

func TestFirstWave(t *testing.T) {
	t.Parallel()
	f := func(x float64) *float64 { return &x }
	row := func(affected string) []Impact { return []Impact{{What: "Orders failed.", Affected: affected}} }
	const ends = ". This assumes that the impact grows with the part of the fleet reached."
	for name, tt := range map[string]struct {
		impacts      []Impact
		share, first *float64
		want         string
	}{
		"a count":         {row("10,000"), f(0.25), f(0.05), "If it had stopped at the first wave (5 % of the fleet instead of 25 %): about 2,000 instead of 10,000 (Orders failed)" + ends},
		"a percentage":    {row("12 %"), f(1), f(0.01), "If it had stopped at the first wave (1 % of the fleet instead of 100 %): about 0.12 % instead of 12 % (Orders failed)" + ends},
		"billions":        {row("2.9 bn"), f(0.5), f(0.1), "If it had stopped at the first wave (10 % of the fleet instead of 50 %): about 580 m instead of 2.9 bn (Orders failed)" + ends},
		"several rows":    {[]Impact{{What: "A", Affected: "300"}, {What: "B", Affected: "many"}, {What: "C", Affected: "9", Unmeasured: true}, {What: "D", Affected: "30"}}, f(0.3), f(0.1), "If it had stopped at the first wave (10 % of the fleet instead of 30 %): about 100 instead of 300 (A); about 10 instead of 30 (D)" + ends},
		"rounded":         {row("123,456"), f(0.3), f(0.1), "If it had stopped at the first wave (10 % of the fleet instead of 30 %): about 41,200 instead of 123,456 (Orders failed)" + ends},
		"no number":       {row("many"), f(0.3), f(0.1), ""},
		"nothing":         {row("0"), f(0.3), f(0.1), ""},
		"no rows":         {nil, f(0.3), f(0.1), ""},
		"share unknown":   {row("10"), nil, f(0.1), ""},
		"first unknown":   {row("10"), f(0.1), nil, ""},
		"first is all":    {row("10"), f(0.1), f(0.1), ""},
		"first is larger": {row("10"), f(0.1), f(0.2), ""},
		"no part":         {row("10"), f(1.2), f(0.2), ""},
		"zero":            {row("10"), f(0.5), f(0), ""},
		"not a number":    {row("10"), f(math.NaN()), f(0.1), ""},
	} {
		if got := FirstWave(tt.impacts, tt.share, tt.first); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestChangeDraft(t *testing.T) {
	t.Parallel()
	i := evidence.Item{Type: evidence.TypeDeployment, Reach: `{"wave":"2","cell":"cell-3","share":0.2,"first_wave":0.05,"bake_minutes":15}`, Detail: "{}"}
	want := "It had reached wave 2, cell-3, 20 % of the fleet. It had baked 15 min. If it had stopped at the first wave (5 % of the fleet instead of 20 %): about 100 instead of 400 (A). This assumes that the impact grows with the part of the fleet reached."
	if got := ChangeDraft(&i, []Impact{{What: "A", Affected: "400"}}); got != want {
		t.Errorf("got %q", got)
	}
	if got := ChangeDraft(&evidence.Item{Type: evidence.TypeDeployment, Detail: "{}"}, nil); got != "" {
		t.Errorf("nothing is known, got %q", got)
	}
}
