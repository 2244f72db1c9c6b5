// Package people knows who writes, owns and signs in: persons, teams, services,
// working days, sessions, and the one policy function that decides who may see
// or change what.
package people

import "time"

// Role is what a person may do in the whole instance.
type Role string

// The roles, from least to most.
const (
	Reader   Role = "reader"   // reads COEs of the organisation
	Writer   Role = "writer"   // creates COEs, edits those of own teams or where named
	Reviewer Role = "reviewer" // as writer, and signs off where named
	Admin    Role = "admin"    // everything; views of restricted COEs are audited
)

// Person is one member of the organisation. Rows are never deleted; who leaves
// is disabled and shown as a former member.
type Person struct {
	ID         int64
	Email      string // unique, lower case
	Name       string
	Role       Role
	Zone       string // IANA name or fixed offset; empty: the instance's zone
	ManagerID  *int64
	SlackID    string
	DisabledAt *time.Time
	Version    int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Active reports whether the person may sign in and own things.
func (p *Person) Active() bool { return p != nil && p.DisabledAt == nil }

// Team owns services and COEs; its calendar decides which days are working days.
type Team struct {
	ID          int64
	Name        string
	Zone        string // IANA name or fixed offset; empty: the instance's zone
	WorkingDays string // comma-separated, such as "mon,tue,wed,thu,fri"
	Channel     string // Slack channel for announcements
	Policy      string // JSON, see Policy
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// TeamMember is one person's membership of one team.
type TeamMember struct {
	TeamID   int64 `gorm:"primaryKey"`
	PersonID int64 `gorm:"primaryKey"`
}

// TeamHoliday is one day off of one team.
type TeamHoliday struct {
	TeamID int64 `gorm:"primaryKey"`
	Day    Day   `gorm:"primaryKey"`
	Name   string
}

// Service is something that can fail: it belongs to a team and has targets for
// detection, engagement and mitigation.
type Service struct {
	ID        int64
	Name      string
	TeamID    *int64
	Tier      int    // 1 (most critical) to 4
	Targets   string // JSON object, minutes by name: {"ttd":5,"tte":10,"ttm":60}
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// ServiceAlias is another name under which tools report a service.
type ServiceAlias struct {
	Alias     string `gorm:"primaryKey"`
	ServiceID int64
}
