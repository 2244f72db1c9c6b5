package web_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// said is the message that the next page will show.
func (a answer) said() string {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == "flash" {
			b, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err != nil {
				a.t.Fatal(err)
			}
			return string(b)
		}
	}
	return ""
}

// Numbers that are not complete say so when they are stored.
func TestMetricsTellWarnings(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.coe()
	const answered = `{"status":"success",%"data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1782900000,"1"],[1782900060,"0"]]}]}}`
	post := func(more string) answer {
		return r.post("ana", "/coes/1/rows/metric", "title", "Up", "csv", strings.Replace(answered, "%", more, 1)).wants(303)
	}
	if said := post(`"warnings":["one of two shards did not answer"],`).said(); !strings.HasPrefix(said, "warn\x00") || !strings.Contains(said, "The numbers are stored. Prometheus warns: one of two shards did not answer") {
		t.Errorf("the next page says %q", said)
	}
	if said := post("").said(); said != "" {
		t.Errorf("complete numbers lead to %q", said)
	}
}
