package evidence

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrometheus(t *testing.T) {
	t.Parallel()
	runShapes(t, "prometheus", []shape{
		{
			"two curves with gaps", `{"status":"success","warnings":["slow"],"data":{"resultType":"matrix","result":[
				{"metric":{"__name__":"rps","service":"cart","code":"200"},"values":[[1795351226,"1"],[1795351230,"NaN"],[1795351234,"+Inf"]]},
				{"metric":{"__name__":"rps","service":"cart","code":"503"},"values":[[1795351234.5,"2"]]}]}}`,
			[]string{`metric id=rps service=cart start=2026-11-22T12:40:26Z end=2026-11-22T12:40:34.5Z curves=rps{code="200"}; rps{code="503"}`},
			"Prometheus warns: slow",
		},
		{"scalar", `{"status":"success","data":{"resultType":"scalar","result":[1435781460.781,"1"]}}`, []string{"metric start=2015-07-01T20:11:00.781Z end=2015-07-01T20:11:00.781Z curves=scalar"}, ""},
		{"no labels", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781460.781,"7"]}]}}`, []string{"metric start=2015-07-01T20:11:00.781Z end=2015-07-01T20:11:00.781Z curves=value"}, ""},
		{"empty vector", `{"status":"success","data":{"resultType":"vector","result":[]}}`, []string{"ignored"}, "holds no values"},
		{"too many points", `{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries"}`, []string{"ignored"}, "refused the query (bad_data)"},
		{"histograms", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1435781460,{"count":"1"}]]}]}}`, []string{"ignored"}, "histograms"},
		{
			"counts of histograms", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"cart"},"histograms":[[1795351260,{"count":"3","sum":"7.5","buckets":[]}]]}]},"infos":["look"]}`,
			[]string{"metric service=cart start=2026-11-22T12:41:00Z end=2026-11-22T12:41:00Z curves={job=\"cart\"} count; {job=\"cart\"} sum"},
			"counts and sums",
		},
		{
			"alerts of rules", `{"status":"success","data":{"groups":[{"name":"g","rules":[{"type":"recording","name":"r"},{"type":"alerting","name":"Slow","alerts":[{"labels":{"alertname":"Slow","service":"cart"},"annotations":{},"state":"firing","activeAt":"2026-11-22T12:40:55Z"}]}]}]}}`,
			[]string{"alarm id=" + fingerprint(node{map[string]any{"alertname": "Slow", "service": "cart"}}) + " service=cart state=firing start=2026-11-22T12:40:55Z alarms=Slow"},
			"",
		},
		{"a text", `{"status":"success","data":{"resultType":"string","result":[1795351260,"up"]}}`, []string{"ignored"}, "is a text"},
		{"the data alone", `{"resultType":"scalar","result":[1795351260,"2"]}`, []string{"metric start=2026-11-22T12:41:00Z end=2026-11-22T12:41:00Z curves=scalar"}, ""},
		{"log lines", `{"status":"success","data":{"resultType":"streams","result":[]}}`, []string{"ignored"}, ""},
		{"names of labels", `{"status":"success","data":["a","b"]}`, []string{"ignored"}, ""},
		{
			"alerts", `{"status":"success","data":{"alerts":[{"labels":{"alertname":"Slow","app":"cart","severity":"page"},"annotations":{"summary":"s"},"state":"firing","activeAt":"2026-11-22T12:40:55Z","value":"1"},
				{"labels":{"alertname":"Slow","app":"web"},"state":"pending","activeAt":"2026-11-22T12:40:57Z"}]}}`,
			[]string{
				"alarm id=" + fingerprint(node{map[string]any{"alertname": "Slow", "app": "cart", "severity": "page"}}) + " service=cart state=firing start=2026-11-22T12:40:55Z alarms=Slow severity=page text=s",
				"alarm id=" + fingerprint(node{map[string]any{"alertname": "Slow", "app": "web"}}) + " service=web state=pending alarms=Slow",
			},
			"",
		},
	})
}

func TestPrometheus_ValuesAlign(t *testing.T) {
	t.Parallel()
	p := parsed(t, "prometheus", `{"status":"success","data":{"resultType":"matrix","result":[
		{"metric":{"a":"1"},"values":[[1795351226,"1"],[1795351230,"NaN"],[1795351234,"-Inf"]]},
		{"metric":{"a":"2"},"values":[[1795351230,"-0"],[1795351234,"2.5e-3"]]}]}}`, nil)
	want := "time,\"{a=\"\"1\"\"}\",\"{a=\"\"2\"\"}\"\n2026-11-22T12:40:26Z,1,\n2026-11-22T12:40:30Z,,0\n2026-11-22T12:40:34Z,,0.0025\n"
	if diff := cmp.Diff(want, p.Records[0].Series.CSV()); diff != "" {
		t.Error(diff)
	}
}

func TestCloudWatchMetrics(t *testing.T) {
	t.Parallel()
	runShapes(t, "cloudwatch", []shape{
		{
			"newest first, partly", `{"MetricDataResults":[{"Id":"m1","Label":"Errors","Timestamps":["2026-11-22T12:42:00+00:00","2026-11-22T12:40:00+00:00"],"Values":[2,1],"StatusCode":"PartialData"},
				{"Id":"m2","Label":"Latency","Timestamps":[],"Values":[],"StatusCode":"Complete"}],"NextToken":"x","Messages":[{"Code":"c","Value":"v"}]}`,
			[]string{"metric start=2026-11-22T12:40:00Z end=2026-11-22T12:42:00Z curves=Errors"},
			"Errors is not complete",
		},
		{
			"statistics", `{"Label":"CPUUtilization","Datapoints":[{"Timestamp":"2026-11-22T12:41:00Z","Average":2.5,"ExtendedStatistics":{"p99":9},"Unit":"Percent"},{"Timestamp":"2026-11-22T12:40:00Z","Average":1,"ExtendedStatistics":{"p99":8},"Unit":"Percent"}]}`,
			[]string{"metric id=CPUUtilization start=2026-11-22T12:40:00Z end=2026-11-22T12:41:00Z curves=CPUUtilization Average; CPUUtilization p99 unit=Percent"},
			"",
		},
		{"none", `{"Label":"CPUUtilization","Datapoints":[]}`, []string{"ignored"}, "holds no values"},
		{"epoch seconds, same label twice", `{"MetricDataResults":[{"Id":"a","Label":"x","Timestamps":[1795351226],"Values":[1]},{"Id":"b","Label":"x","Timestamps":[1795351226],"Values":[2]}]}`, []string{"metric start=2026-11-22T12:40:26Z end=2026-11-22T12:40:26Z curves=x; x #2"}, ""},
	})
}

func TestDatadogQueries(t *testing.T) {
	t.Parallel()
	runShapes(t, "datadog", []shape{
		{
			"version 1", `{"status":"ok","res_type":"time_series","series":[{"metric":"trace.errors","scope":"service:cart,env:prod","pointlist":[[1795351226000.0,1.5],[1795351286000.0,null]],"unit":[{"short_name":"err"},{"short_name":"s"}]}]}`,
			[]string{"metric id=trace.errors service=cart env=prod start=2026-11-22T12:40:26Z end=2026-11-22T12:41:26Z curves=trace.errors{service:cart,env:prod} unit=err/s"},
			"",
		},
		{
			"version 2", `{"data":{"type":"timeseries_response","attributes":{"times":[1795351226000,1795351286000],"values":[[1,null],[3,4]],"series":[{"group_tags":["service:cart"],"query_index":0,"unit":[{"name":"byte","short_name":"B"},null]},{"group_tags":["service:web"],"query_index":0,"unit":[{"name":"byte","short_name":"B"},null]}]}}}`,
			[]string{"metric start=2026-11-22T12:40:26Z end=2026-11-22T12:41:26Z curves=service:cart; service:web unit=B"},
			"",
		},
		{"one number", `{"data":{"type":"scalar_response","attributes":{"columns":[]}}}`, []string{"ignored"}, "single number"},
		{"empty", `{"status":"ok","res_type":"time_series","resp_version":1,"series":[]}`, []string{"ignored"}, "holds no values"},
	})
}

func TestGrafanaQuery(t *testing.T) {
	t.Parallel()
	runShapes(t, "grafana", []shape{
		{
			"frames", `{"results":{"A":{"status":200,"frames":[{"schema":{"refId":"A","name":"rps","fields":[{"name":"Time","type":"time"},{"name":"Value","type":"number","labels":{"code":"200"},"config":{"unit":"reqps"}}]},
				"data":{"values":[[1795351226000,1795351286000],[1.5,null]]}}]},"B":{"error":"bad query","frames":[]}}}`,
			[]string{"metric start=2026-11-22T12:40:26Z end=2026-11-22T12:41:26Z curves=rps{code=200} unit=reqps"},
			"query B: bad query",
		},
		{"no rows", `{"results":{"A":{"frames":[{"schema":{"fields":[]},"data":{"values":[]}}]}}}`, []string{"ignored"}, "holds no values"},
	})
}

func TestOTLP(t *testing.T) {
	t.Parallel()
	runShapes(t, "otlp", []shape{
		{
			"sum and summary", `{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}},{"key":"deployment.environment","value":{"stringValue":"prod"}},{"key":"cloud.region","value":{"stringValue":"us-east-1"}}]},
				"scopeMetrics":[{"metrics":[{"name":"requests","unit":"1","sum":{"aggregationTemporality":2,"dataPoints":[
				{"asInt":"5","timeUnixNano":"1795351226000000000","attributes":[{"key":"code","value":{"intValue":"200"}}]},{"asInt":"9","timeUnixNano":"1795351286000000000","attributes":[{"key":"code","value":{"intValue":"200"}}]}]}},
				{"name":"latency","summary":{"dataPoints":[{"count":"2","sum":3,"timeUnixNano":"1795351226000000000","quantileValues":[{"quantile":0.99,"value":2}]}]}}]}]}]}`,
			[]string{
				"metric id=requests service=cart env=prod region=us-east-1 start=2026-11-22T12:40:26Z end=2026-11-22T12:41:26Z text=The values run on from a start (cumulative). curves=requests{code=200} unit=1",
				"metric id=latency service=cart env=prod region=us-east-1 start=2026-11-22T12:40:26Z end=2026-11-22T12:40:26Z curves=latency count; latency sum; latency p0.99",
			},
			"",
		},
		{
			"the other spelling", `{"resource_metrics":[{"scope_metrics":[{"metrics":[{"name":"g","gauge":{"data_points":[{"as_double":1.5,"time_unix_nano":1795351226000000000}]}}]}]}]}`,
			[]string{"metric id=g start=2026-11-22T12:40:26Z end=2026-11-22T12:40:26Z curves=g"},
			"",
		},
		{"traces", `{"resourceSpans":[]}`, []string{"ignored"}, ""},
	})
}

func TestCSV(t *testing.T) {
	t.Parallel()
	metric := "metric id=errors, latency start=2026-11-22T12:40:00Z end=2026-11-22T12:41:00Z curves=errors; latency"
	runShapes(t, "csv", []shape{
		{"wide", "time,errors,latency\n2026-11-22T12:40:00Z,1,2\n2026-11-22T12:41:00Z,,3\n", []string{metric}, ""},
		{"semicolons", "Time;errors;latency\n2026-11-22 12:40:00;1,5;2\n2026-11-22 12:41:00;2,5;3\n", []string{metric}, ""},
		{"tabs, milliseconds", "t\terrors\tlatency\n1795351200000\t1\t2\n1795351260000\t1\t2\n", []string{metric}, ""},
		{"long", "timestamp,metric,value\n2026-11-22T12:40:00Z,errors,1\n2026-11-22T12:41:00Z,latency,3\n", []string{metric}, ""},
		{"series, time, value, with a hint", "sep=;\n\"Series\";\"Time\";\"Value\"\nerrors;2026-11-22T12:40:00Z;1\nlatency;2026-11-22T12:41:00Z;3\n", []string{metric}, ""},
		{"byte order mark", "\ufefftime,errors,latency\r\n2026-11-22 12:40,1,2\r\n2026-11-22 12:41,1,2\r\n", []string{metric}, ""},
	})
	if _, err := Parse(Input{Name: "a.csv", Body: []byte("time,a\nsoon,1\n")}); err == nil || !strings.Contains(err.Error(), "soon") {
		t.Errorf("error %v", err)
	}
	for _, text := range []string{"a: 1\nb: 2\n", "apiVersion: v1, x\nkind: a, b\n", "{\"a\":1,\n\"b\":2}", ""} {
		if knowsCSV("x.yaml", []byte(text)) {
			t.Errorf("%q is taken for a table", text)
		}
	}
}

func TestMetric_Limits(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range maxCurves + 3 {
		fmt.Fprintf(&many, `{"metric":{"i":"%d"},"values":[[1795351226,"1"]]},`, i)
	}
	p := parsed(t, "prometheus", `{"status":"success","data":{"resultType":"matrix","result":[`+strings.TrimSuffix(many.String(), ",")+`]}}`, nil)
	if n := len(p.Records[0].Series.Names); n != maxCurves || len(p.Warnings) != 1 {
		t.Errorf("%d curves, warnings %q", n, p.Warnings)
	}
	var long strings.Builder
	for i := range MaxSeriesPoints + 1000 {
		fmt.Fprintf(&long, `[%d,"%d"],`, 1795351226+i, i%97)
	}
	p = parsed(t, "prometheus", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[`+strings.TrimSuffix(long.String(), ",")+`]}]}}`, nil)
	if n := p.Records[0].Series.Len(); n > MaxSeriesPoints || n < MaxSeriesPoints/3 || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "6,000 points") {
		t.Errorf("%d points, warnings %q", n, p.Warnings)
	}
	if s, ok := assembleCurves([]curve{{name: strings.Repeat("é", 300)}, {name: " a\n b "}, {name: ""}}); !ok || len(s.Names[0]) > maxSeriesName || s.Names[1] != "a b" || s.Names[2] != "value" {
		t.Errorf("names %q", s.Names)
	}
}

// A metric that was stored is pasted, and read, as the same series.
func TestMetric_RoundTrip(t *testing.T) {
	t.Parallel()
	for _, s := range []shape{
		{body: `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1, \"x\""},"values":[[1795351226,"1"],[1795351230,"NaN"]]},{"metric":{"a":"=2"},"values":[[1795351228,"1e300"]]}]}}`},
		{body: `{"MetricDataResults":[{"Label":"+x","Timestamps":[1795351226],"Values":[1]},{"Label":"","Timestamps":[1795351226.25],"Values":[-0.0]}]}`},
	} {
		p, err := Parse(Input{Body: []byte(s.body)})
		if err != nil {
			t.Fatal(err)
		}
		have := p.Records[0].Series
		again := mustSeries(t, have.CSV(), SeriesOptions{})
		if again.Hash() != have.Hash() {
			t.Errorf("%s\n%s", have.CSV(), again.CSV())
		}
		for _, row := range have.Values {
			for _, v := range row {
				if math.IsInf(v, 0) {
					t.Error("infinity was kept")
				}
			}
		}
	}
}

func FuzzPrometheus(f *testing.F) { fuzzTool(f, "prometheus") }

func FuzzCloudWatchMetrics(f *testing.F) {
	fuzzTool(f, "cloudwatch", `{"MetricDataResults":[{"Label":"x","Timestamps":[1795351226],"Values":[1]}]}`, `{"Label":"x","Datapoints":[{"Timestamp":"2026-11-22T12:41:00Z","Average":2.5}]}`)
}

func FuzzDatadogQuery(f *testing.F) {
	fuzzTool(f, "datadog", `{"data":{"type":"timeseries_response","attributes":{"times":[1795351226000],"values":[[1]],"series":[{}]}}}`)
}

func FuzzGrafanaQuery(f *testing.F) {
	fuzzTool(f, "grafana", `{"results":{"A":{"frames":[{"schema":{"fields":[{"type":"time"},{"type":"number"}]},"data":{"values":[[1795351226000],[1]]}}]}}}`)
}

func FuzzOTLP(f *testing.F) { fuzzTool(f, "otlp") }

func FuzzCSV(f *testing.F) { fuzzTool(f, "csv", "a;Time;v\nx;2026-11-22T12:40:00Z;1\n") }
