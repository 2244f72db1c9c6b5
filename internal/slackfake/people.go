package slackfake

import (
	"strings"
	"time"
)

// Person is a member of the workspace. TZ is an IANA name or empty.
type Person struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	TZ      string `json:"tz"`
	Deleted bool   `json:"deleted"`

	updated time.Time
}

// channel is a conversation of many; who is in it does not matter here.
type channel struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// find gives the person with an id, or nil. The caller holds the lock.
func (s *Server) find(id string) *Person {
	for _, p := range s.people {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (s *Server) findChannel(id string) *channel {
	for i := range s.channels {
		if s.channels[i].ID == id {
			return &s.channels[i]
		}
	}
	return nil
}

func (s *Server) authTest(*call) (object, *refusal) {
	return object{
		"url": "https://" + teamDomain + ".slack.com/", "team": teamName, "user": botName, "team_id": teamID,
		"user_id": botUserID, "bot_id": botID, "app_id": appID, "app_name": botName, "is_enterprise_install": false,
	}, nil
}

func (s *Server) usersInfo(c *call) (object, *refusal) {
	if c.params["user"] == botUserID {
		return object{"user": s.userJSON(&Person{ID: botUserID, Name: botName}, true)}, nil
	}
	p := s.find(c.params["user"])
	if p == nil {
		return nil, refuse("user_not_found")
	}
	return object{"user": s.userJSON(p, false)}, nil
}

// usersLookupByEmail finds active people only, as Slack does.
func (s *Server) usersLookupByEmail(c *call) (object, *refusal) {
	for _, p := range s.people {
		if p.Email != "" && strings.EqualFold(p.Email, c.params["email"]) && !p.Deleted {
			return object{"user": s.userJSON(p, false)}, nil
		}
	}
	return nil, refuse("users_not_found")
}

// userJSON is a user as Slack describes one. The address is shown only to a
// token with users:read.email.
func (s *Server) userJSON(p *Person, bot bool) object {
	profile := object{
		"real_name": p.Name, "real_name_normalized": p.Name, "display_name": p.Name, "display_name_normalized": p.Name,
		"status_text": "", "status_emoji": "", "team": teamID,
	}
	if p.Email != "" && s.scoped("users:read.email") == nil {
		profile["email"] = p.Email
	}
	u := object{
		"id": p.ID, "team_id": teamID, "name": handle(p.Name), "real_name": p.Name, "deleted": p.Deleted,
		"profile": profile, "is_bot": bot, "is_app_user": false, "updated": p.updated.Unix(),
	}
	if p.Deleted {
		return u
	}
	for _, flag := range []string{"is_admin", "is_owner", "is_primary_owner", "is_restricted", "is_ultra_restricted"} {
		u[flag] = false
	}
	u["tz"], u["tz_label"], u["tz_offset"] = p.TZ, "", 0
	if zone, err := time.LoadLocation(p.TZ); err == nil && p.TZ != "" {
		name, offset := s.now().In(zone).Zone()
		u["tz_label"], u["tz_offset"] = name, offset
	}
	return u
}

func handle(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", ".")
}

func (s *Server) conversationsOpen(c *call) (object, *refusal) {
	users, id := c.params["users"], c.params["channel"]
	switch {
	case users == "" && id == "":
		return nil, blame("users_list_not_supplied", "either users or channel is needed")
	case users != "" && id != "":
		return nil, blame("invalid_arguments", "users and channel exclude each other")
	case id != "":
		if _, ok := s.opened[id]; !ok {
			return nil, refuse("channel_not_found")
		}
		return s.openedAnswer(c, id, true), nil
	case strings.Contains(users, ","):
		return nil, blame("invalid_user_combination", "conversations of several people are not kept here")
	}
	p := s.find(users)
	if p == nil {
		return nil, refuse("user_not_found")
	}
	if p.Deleted {
		return nil, refuse("user_disabled")
	}
	id = directMessageID(p.ID)
	_, already := s.opened[id]
	if truth(c.params["prevent_creation"]) && !already {
		return nil, refuse("channel_not_found")
	}
	s.opened[id] = p.ID
	return s.openedAnswer(c, id, already), nil
}

// directMessageID is made from the person's id, so that it stays the same when
// the stand-in starts again.
func directMessageID(user string) string { return "D" + user[1:] }

func (s *Server) openedAnswer(c *call, id string, already bool) object {
	answer := object{"channel": object{"id": id}}
	if already {
		answer["no_op"], answer["already_open"] = true, true
	}
	if truth(c.params["return_im"]) {
		answer["channel"] = object{
			"id": id, "is_im": true, "is_org_shared": false, "user": s.opened[id], "is_open": true, "priority": 0,
			"last_read": "0000000000.000000", "unread_count": 0, "unread_count_display": 0,
		}
	}
	return answer
}

// truth reads a boolean parameter; whatever is neither true nor 1 is false.
func truth(v string) bool { return v == "true" || v == "1" }
