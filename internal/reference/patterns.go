package reference

// pattern is what editors can know of a unit: a regular expression of ECMA 262
// that fits every value that the reader accepts, and some that it does not. The
// reader has the last word; a test asks it.
type pattern struct {
	text string
	// number says that YAML may read the value as a number: "integer" or
	// "number"; empty when it never does.
	number string
	least  int
	most   int
	format string
}

const (
	label  = `[a-z0-9]([a-z0-9-]*[a-z0-9])?`
	host   = label + `(\.` + label + `)+`
	octets = `[0-9]{1,3}(\.[0-9]{1,3}){3}`
	url    = `/[^\s?#"<>\\^` + "`" + `{|}*]*`
	span   = `([0-9]+(d|h|m|s|ms))+`
	weekly = `(Sun|Mon|Tue|Wed|Thu|Fri|Sat)`
	hour   = `[0-9]{2}:[0-9]{2}`
	zone   = `[A-Za-z0-9_+/-]+`
	day    = `[0-9]{4}-[0-9]{2}-[0-9]{2}`
)

// patterns of the units that are no choice, by the name of the type.
var patterns = map[string]pattern{
	"Duration":      {text: `^` + span + `$`},
	"Channel":       {text: `^#[a-z0-9_-]{1,79}$`},
	"Phone":         {text: `^\+[1-9][0-9]{6,14}$`},
	"Rate":          {text: `^[0-9]+/(s|m|h)$`},
	"CPU":           {text: `^([0-9]+m|[0-9]+(\.[0-9]{1,3})?)$`, number: "number"},
	"Bytes":         {text: `^[0-9]+(Ki|Mi|Gi|Ti)$`},
	"Percent":       {text: `^[0-9]{1,9}(\.[0-9]{1,3})? ?%$`},
	"Range":         {text: `^[0-9]+(\.\.[0-9]+)?$`, number: "integer"},
	"Port":          {text: `^[0-9]{4,9}$`, number: "integer", least: 1024, most: 65535},
	"URLPath":       {text: `^` + url + `$`},
	"Route":         {text: `^` + host + `(` + url + `)?$`},
	"Dir":           {text: `^[^/~\\][^\\]*$`},
	"Pattern":       {text: `^[^/~\\][^\\]*$`},
	"CIDR":          {text: `^` + octets + `/[0-9]{1,2}$`},
	"IP":            {text: `^[0-9a-fA-F:.]+$`},
	"Host":          {text: `^` + host + `$`},
	"DomainPattern": {text: `^((\*\.)?` + host + `|` + octets + `)$`},
	"URL":           {text: `^https://` + host + `(` + url + `)?$`},
	"Mail":          {text: `^[^\s@]+@` + host + `$`},
	"MailPattern":   {text: `^[^\s@]*\{account\}[^\s@]*@` + host + `$`},
	"InstanceType":  {text: `^[a-z][a-z0-9-]+\.[a-z0-9-]+$`},
	"AccountID":     {text: `^[0-9]{12}$`, number: "integer"},
	"Version":       {text: `^[0-9]+(\.[0-9]+){0,3}$`, number: "number"},
	"Tier":          {text: `^[1-4]$`, number: "integer", least: 1, most: 4},
	"Cron":          {text: `^\s*(\S+\s+){5}` + zone + `\s*$`},
	"Rotation":      {text: `^(daily|weekly|biweekly|` + span + `)$`},
	"Date":          {text: `^` + day + `$`, format: "date"},
	"Dates":         {text: `^` + day + `( - ` + day + `)?$`},
	"Moment":        {text: `^` + weekly + ` ` + hour + `\s+` + zone + `$`},
	"Hours":         {text: `^` + weekly + `([-,]` + weekly + `)* ` + hour + `-` + hour + `\s+` + zone + `$`},
	"Window":        {text: `^(` + weekly + ` ` + hour + ` - ` + weekly + ` ` + hour + `|` + day + `( - ` + day + `)?)\s+` + zone + `$`},
	"Use":           {text: `^[^\s/:]+(:(read|secondary|write|optional|required))?$`},
	"Reach":         {text: `^[^\s/:]+:[0-9]{1,9}(@\S+)?$`},
	"Flow":          {text: `^\S+ -> \S+$`},
	"Address":       {text: `^[^\s/]+/\S+$`},
}

// schema of a unit.
func (p pattern) schema() object {
	text := object{{"type", "string"}, {"pattern", p.text}}
	if p.format != "" {
		text = append(text, member{"format", p.format})
	}
	if p.number == "" {
		return text
	}
	number := object{{"type", p.number}, {"minimum", p.least}}
	if p.most > 0 {
		number = append(number, member{"maximum", p.most})
	}
	return object{{"anyOf", []object{number, text}}}
}

// keyRules are what the names in a mapping look like, by the key of the mapping;
// ofNames holds for all others.
var keyRules = map[string]object{
	"settings": {{"pattern", `^[A-Za-z_][A-Za-z0-9_]*$`}},
	"tiers":    {{"pattern", `^[1-4]$`}},
	"ports":    {{"pattern", `^[a-z]([a-z0-9-]*[a-z0-9])?$`}, {"maxLength", 15}},
	"topics":   {{"pattern", `^[A-Za-z0-9._-]+$`}, {"maxLength", 249}},
	"ids":      {{"minLength", 1}},
	"budgets":  {{"minLength", 1}},
	"quotas":   {{"minLength", 1}},
	"people":   {{"minLength", 1}},
	"groups":   {{"minLength", 1}},
	"teams":    {{"minLength", 1}},
}

var ofNames = object{{"pattern", `^[a-z]([a-z0-9-]*[a-z0-9])?$`}, {"maxLength", 63}}
