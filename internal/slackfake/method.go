package slackfake

import (
	"slices"
	"strings"
)

// method is what Slack's reference says about one method.
type method struct {
	params    []string           // a leading "!" marks the required ones; token apart
	scope     func(*call) string // needed for this call, or ""
	perMinute int                // the tier: calls a minute
	json      bool               // takes a JSON body
	reads     bool               // may be called by GET
	run       func(*Server, *call) (object, *refusal)
}

// Calls a minute that Slack guarantees, per tier.
const (
	tier3       = 50
	tier4       = 100
	perMinPosts = 300 // several hundred over a whole workspace
	perMinAuth  = 600
)

func methodTable() map[string]method {
	message := []string{
		"!channel", "as_user", "attachments", "blocks", "link_names", "markdown_text", "metadata",
		"parse", "reply_broadcast", "text",
	}
	return map[string]method{
		"auth.test": {scope: noScope, perMinute: perMinAuth, json: true, reads: true, run: (*Server).authTest},
		"users.info": {
			params: []string{"!user", "include_locale"}, scope: always("users:read"),
			perMinute: tier4, reads: true, run: (*Server).usersInfo,
		},
		"users.lookupByEmail": {
			params: []string{"!email"}, scope: always("users:read.email"),
			perMinute: tier3, reads: true, run: (*Server).usersLookupByEmail,
		},
		"conversations.open": {
			params: []string{"channel", "users", "return_im", "prevent_creation"},
			scope:  always("im:write"), perMinute: tier3, json: true, run: (*Server).conversationsOpen,
		},
		"conversations.history": {
			params: []string{"!channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"},
			scope:  historyScope, perMinute: tier3, json: true, reads: true, run: (*Server).conversationsHistory,
		},
		"chat.postMessage": {
			params: append([]string{"icon_emoji", "icon_url", "mrkdwn", "thread_ts", "unfurl_links", "unfurl_media", "username"}, message...),
			scope:  always("chat:write"), perMinute: perMinPosts, json: true, run: (*Server).chatPostMessage,
		},
		"chat.update": {
			params: append([]string{"!ts", "file_ids"}, message...),
			scope:  always("chat:write"), perMinute: tier3, json: true, run: (*Server).chatUpdate,
		},
		"views.open": {
			params: []string{"!view", "trigger_id", "interactivity_pointer"},
			scope:  noScope, perMinute: tier4, json: true, run: (*Server).viewsOpen,
		},
		"views.update": {
			params: []string{"!view", "view_id", "external_id", "hash"},
			scope:  noScope, perMinute: tier4, json: true, run: (*Server).viewsUpdate,
		},
	}
}

// methodNames lists the methods, for the page and for the check of faults.
func (s *Server) methodNames() []string { return sortedKeys(s.methods) }

func noScope(*call) string { return "" }

func always(scope string) func(*call) string {
	return func(*call) string { return scope }
}

// historyScope depends on the kind of conversation, which its id tells.
func historyScope(c *call) string {
	switch {
	case strings.HasPrefix(c.params["channel"], "C"):
		return "channels:history"
	case strings.HasPrefix(c.params["channel"], "G"):
		return "groups:history"
	}
	return "im:history"
}

// parameters refuses parameters that the method does not list, which Slack
// would silently drop, and the lack of required ones.
func (m method) parameters(c *call) *refusal {
	for _, name := range sortedKeys(c.params) {
		if !slices.Contains(m.params, name) && !slices.Contains(m.params, "!"+name) {
			return blame("invalid_arguments", "invalid additional property: %s", name)
		}
	}
	for _, key := range m.params {
		if name, required := strings.CutPrefix(key, "!"); required && c.params[name] == "" {
			return blame("invalid_arguments", "missing required field: %s", name)
		}
	}
	return nil
}
