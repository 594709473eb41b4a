package v1

// PersonBlock is somebody who is named in groups or teams.
//
// +kubebuilder:object:generate=false
type PersonBlock struct {
	// Full is the name as one would print it.
	Full string `yaml:"name" example:"Asha Rao"`
	// Mail address of the person.
	Mail Mail `yaml:"mail,short" example:"asha@kestrelcars.example"`
	// Phone number in the form of E.164: a plus sign and digits.
	Phone Phone `yaml:"phone" example:"'+919800000001'"`
	// Away are days on which the person does not answer.
	Away []Dates `yaml:"away" example:"[2026-12-20 - 2027-01-03]"`
}

// TeamBlock owns services and stores.
//
// +kubebuilder:object:generate=false
type TeamBlock struct {
	// Members of the team.
	Members []string `yaml:"members,required,short" example:"[asha, vikram, meera]"`
	// Manager is called when nobody else answers.
	Manager string `yaml:"manager" example:"meera"`
	// OnCall is the team's rotation. Without it nobody of the team is called.
	OnCall *OnCallBlock `yaml:"oncall" example:"{ rotate: weekly, handover: Mon 10:00 Asia/Kolkata }"`
	// Slack channel for the team's alerts, in quotes: # begins a comment.
	Slack Channel `yaml:"slack" example:"\"#rentals\""`
	// Mail list of the team.
	Mail Mail `yaml:"mail" example:"rentals@kestrelcars.example"`
}

// OnCallBlock is a team's rotation.
//
// +kubebuilder:object:generate=false
type OnCallBlock struct {
	// Rotate is the length of a turn: daily, weekly, biweekly or a duration.
	Rotate Rotation `yaml:"rotate,short" default:"weekly" example:"weekly"`
	// Handover is when turns change.
	Handover Moment `yaml:"handover" default:"Mon 10:00 UTC" example:"Mon 10:00 Asia/Kolkata"`
	// Members in the order of their turns. Without it: the members of the team.
	Members []string `yaml:"members" example:"[asha, vikram]"`
	// Layers is how many people are on duty at once: 2 is primary and
	// secondary. Without it: 2, or 1 when there is one member.
	Layers *int `yaml:"layers" example:"2" least:"1" most:"5"`
	// Hours in which the team answers. Without them: always.
	Hours *Hours `yaml:"hours" example:"Mon-Fri 09:00-18:00 Asia/Kolkata"`
	// Escalate are the waits before the next layer is called, and the manager
	// at the end.
	Escalate []Duration `yaml:"escalate" default:"[10m, 20m]" example:"[5m, 10m]"`
	// Repeat is how often the whole chain is tried again.
	Repeat int `yaml:"repeat" default:"2" example:"3" least:"0" most:"9"`
}
