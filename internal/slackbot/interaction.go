package slackbot

import (
	"encoding/json"
	"net/http"
)

// interaction is what we read of an interaction; the rest is ignored, so that
// a part of Slack's that we do not know cannot break it.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	Container struct {
		MessageTS string `json:"message_ts"`
		ChannelID string `json:"channel_id"`
		ViewID    string `json:"view_id"`
	} `json:"container"`
	Actions []pressedAction `json:"actions"`
	View    view            `json:"view"`
}

type pressedAction struct {
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	Value    string `json:"value"`
	ActionTS string `json:"action_ts"`
}

type view struct {
	ID              string `json:"id"`
	Hash            string `json:"hash"`
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]input `json:"values"`
	} `json:"state"`
	Blocks []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
	} `json:"blocks"`
}

type input struct {
	Value        string `json:"value"`
	SelectedDate string `json:"selected_date"`
}

// key tells copies of one interaction from another. A modal may be sent again
// with other values after an error.
func (in interaction) key() string {
	switch in.Type {
	case "block_actions":
		parts := []string{in.User.ID, in.Container.ChannelID, in.Container.MessageTS, in.Container.ViewID}
		for _, a := range in.Actions {
			parts = append(parts, a.BlockID, a.ActionID, a.ActionTS)
		}
		return "press:" + digest(parts...)
	case "view_submission":
		values, _ := json.Marshal(in.View.State.Values) // strings only
		return "submit:" + digest(in.User.ID, in.View.ID, in.View.Hash, string(values))
	}
	return "other:" + digest(in.Type, in.User.ID, in.TriggerID, in.View.ID)
}

// foreign reports whether the person belongs to another workspace.
func (in interaction) foreign() bool {
	return in.User.TeamID != "" && in.Team.ID != "" && in.User.TeamID != in.Team.ID
}

// value gives what was entered into a field of a modal.
func (in interaction) value(block string) string {
	for _, v := range in.View.State.Values[block] {
		if v.SelectedDate != "" {
			return v.SelectedDate
		}
		return v.Value
	}
	return ""
}

// firstInput is the field under which errors without a field are shown.
func (in interaction) firstInput() string {
	for _, bl := range in.View.Blocks {
		if bl.Type == "input" {
			return bl.BlockID
		}
	}
	return ""
}

// fieldError keeps a modal open with a sentence under one of its fields.
func fieldError(block, text string) answer {
	return answer{http.StatusOK, map[string]any{"response_action": "errors", "errors": map[string]string{block: text}}}
}
