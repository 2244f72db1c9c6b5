// Package demo is a believable company with its COEs, for people who try the
// program: everything but the course of the two public events is invented.
package demo

import (
	"time"

	"coetracker/people"
)

// Zone is where most people of the demo work and what its clock is shown in.
const Zone = "Europe/Berlin"

// SignIn is the person whose sign-in link the demo prints: she owns a COE and
// actions and administers the instance.
const SignIn = "ana@example.com"

// Morning is when a new demo begins: a working day, a little before reminders
// go out.
func Morning() time.Time { return time.Date(2026, 3, 18, 7, 55, 0, 0, time.UTC) }

// born is when the company began to use the program.
func born() time.Time { return time.Date(2026, 2, 2, 8, 0, 0, 0, time.UTC) }

type member struct {
	local, name string
	role        people.Role
	zone        string
	manager     string
	teams       []string
}

func members() []member {
	return []member{
		{"ana", "Ana Ruiz", people.Admin, "", "ruth", []string{"Storage"}},
		{"ruth", "Ruth Abebe", people.Reviewer, "", "", []string{"Storage", "Edge"}},
		{"mei", "Mei Tanaka", people.Reviewer, "", "ruth", []string{"Streaming"}},
		{"tomas", "Tomás Lind", people.Reviewer, "Europe/Stockholm", "ruth", []string{"Storage"}},
		{"sam", "Sam Okafor", people.Writer, "Europe/London", "ana", []string{"Storage", "Edge"}},
		{"priya", "Priya Nair", people.Writer, "", "ruth", []string{"Billing"}},
		{"jonas", "Jonas Weber", people.Writer, "", "mei", []string{"Streaming", "Edge"}},
		{"lea", "Léa Martin", people.Reader, "Europe/Paris", "", []string{"Support"}},
	}
}

type team struct{ name, channel string }

func teams() []team {
	return []team{{"Storage", "#storage"}, {"Streaming", "#streaming"}, {"Edge", "#edge"}, {"Billing", "#billing"}, {"Support", "#support"}}
}

type service struct {
	name, team    string
	tier          int
	ttd, tte, ttm int
	aliases       []string
}

func services() []service {
	return []service{
		{"s3-index", "Storage", 1, 5, 10, 60, []string{"index.s3.us-east-1"}},
		{"s3-placement", "Storage", 1, 5, 10, 60, nil},
		{"metadata-cache", "Storage", 2, 10, 15, 90, nil},
		{"kinesis-frontend", "Streaming", 1, 5, 10, 60, []string{"kds-fe"}},
		{"resizer", "Edge", 3, 10, 20, 120, nil},
		{"edge-tls", "Edge", 2, 10, 15, 60, nil},
		{"billing", "Billing", 2, 60, 60, 480, nil},
	}
}

func stories() []story {
	return []story{kinesis(), win(), s3(), asked(), restricted(), finding(), half()}
}
