package slackfake

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

func TestMetadataComesBackOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	b.post(t, d, text("x"), slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "coe_delivery", EventPayload: map[string]any{"d": "01J"}}))
	for _, asked := range []bool{false, true} {
		h, err := b.api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{
			ChannelID: d, IncludeAllMetadata: asked, Limit: 15,
		})
		if err != nil || len(h.Messages) != 1 {
			t.Fatalf("history gave %+v, %v", h, err)
		}
		got, _ := h.Messages[0].Metadata.EventPayload["d"].(string)
		if (got == "01J") != asked {
			t.Errorf("asked %v, got metadata %q", asked, got)
		}
	}
}

func TestHistoryBounds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d, other := b.open(t, "U1"), b.open(t, "U2")
	var ts []string
	for _, s := range []string{"a", "b", "c", "d"} {
		ts = append(ts, b.post(t, d, text(s)))
		b.post(t, other, text("elsewhere"))
		b.clock.Advance(time.Minute)
	}
	b.post(t, d, text("reply"), slack.MsgOptionTS(ts[0]))
	tests := map[string]struct {
		form url.Values
		want string
		more bool
	}{
		"all":                   {url.Values{}, "dcba", false},
		"oldest is exclusive":   {url.Values{"oldest": {ts[1]}}, "dc", false},
		"latest is exclusive":   {url.Values{"latest": {ts[2]}}, "ba", false},
		"both inclusive":        {url.Values{"oldest": {ts[1]}, "latest": {ts[2]}, "inclusive": {"1"}}, "cb", false},
		"limited":               {url.Values{"limit": {"3"}}, "dcb", true},
		"limit that just holds": {url.Values{"limit": {"4"}}, "dcba", false},
		"whole seconds":         {url.Values{"oldest": {ts[2][:10]}}, "dc", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.form.Set("channel", d)
			_, _, body := b.call(t, "conversations.history", tt.form)
			if got := texts(body); got != tt.want || body["has_more"] != tt.more {
				t.Errorf("got %q, more %v; want %q", got, body["has_more"], tt.want)
			}
		})
	}
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	for _, s := range []string{"a", "b", "c", "d", "e"} {
		b.post(t, d, text(s))
	}
	var pages []string
	cursor := ""
	for range 4 {
		h, err := b.api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: d, Limit: 2, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		page := ""
		for _, m := range h.Messages {
			page += m.Text
		}
		pages = append(pages, page)
		if cursor = h.ResponseMetaData.NextCursor; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"ed", "cb", "a"}, pages); diff != "" {
		t.Error(diff)
	}
	b.noProblems(t)
}

func texts(body map[string]any) string {
	got := ""
	messages, _ := body["messages"].([]any)
	for _, m := range messages {
		got += m.(map[string]any)["text"].(string)
	}
	return got
}

func TestListOfMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control(t, "POST", "/_fake/channels", `[{"id":"C9","name":"storage"}]`, nil)
	first := b.post(t, b.open(t, "U1"), text("to Mei"))
	b.post(t, b.open(t, "U2"), text("to Ana"))
	b.post(t, "C9", text("to all"))
	tests := map[string][]string{
		"":                       {"to Mei", "to Ana", "to all"},
		"user=U1":                {"to Mei"},
		"user=U9":                nil,
		"since=" + first:         {"to Ana", "to all"},
		"user=U1&since=" + first: nil,
	}
	for query, want := range tests {
		var got []string
		for _, m := range b.messages(t, query) {
			got = append(got, m.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	if all := b.messages(t, "user=U1"); all[0].User != "U1" || all[0].Channel != "D1" || all[0].Blocks == nil {
		t.Errorf("shape: %+v", all[0])
	}
	if status := b.control(t, "GET", "/_fake/messages?since=x", "", nil); status != 400 {
		t.Errorf("a bad since answered %d", status)
	}
}
