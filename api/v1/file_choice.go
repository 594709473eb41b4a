package v1

// Stage says what an environment is for.
type Stage string

// Form implements a choice.
func (Stage) Form() Form {
	return Form{Noun: "a stage", Example: "production", Values: []string{"development", "test", "acceptance", "production"}}
}

// NoData says what a canary does when nobody sent it a request.
type NoData string

// Form implements a choice.
func (NoData) Form() Form {
	return Form{Noun: "an answer to silence", Example: "hold", Values: []string{"hold", "proceed"}}
}

// Branching is how work reaches the branch that is released.
type Branching string

// Form implements a choice.
func (Branching) Form() Form {
	return Form{Noun: "a branching model", Example: "trunk", Values: []string{"trunk", "gitflow"}}
}

// CI is what builds on the production system.
type CI string

// Form implements a choice.
func (CI) Form() Form {
	return Form{Noun: "a build engine", Example: "jenkins", Values: []string{"jenkins", "jobs"}}
}

// GitHosting is where the git repositories are.
type GitHosting string

// Form implements a choice.
func (GitHosting) Form() Form {
	return Form{Noun: "a git hosting", Example: "github", Values: []string{"github", "gitlab", "bitbucket", "codecommit"}}
}

// Language is a programming language.
type Language string

// Form implements a choice.
func (Language) Form() Form {
	return Form{Noun: "a language", Example: "go", Values: []string{"go", "python", "java", "php", "node", "dotnet", "ruby", "rust"}}
}

// Runtime is what runs a service on the production system.
type Runtime string

// Form implements a choice.
func (Runtime) Form() Form {
	return Form{Noun: "a runtime", Example: "kubernetes", Values: []string{"kubernetes", "ec2"}}
}

// Isolation says whether a service has a security group of its own.
type Isolation string

// Form implements a choice.
func (Isolation) Form() Form {
	return Form{Noun: "an isolation", Example: "strict", Values: []string{"shared", "strict"}}
}

// Encryption is how calls travel.
type Encryption string

// Form implements a choice.
func (Encryption) Form() Form {
	return Form{Noun: "an encryption", Example: "mtls", Values: []string{"tls", "mtls"}}
}

// DataClass says how sensitive data is, from harmless to the most sensitive.
type DataClass string

// Form implements a choice.
func (DataClass) Form() Form {
	return Form{Noun: "a class of data", Example: "pii", Values: []string{"public", "internal", "pii", "pci"}}
}

// Engine is the software of a store.
type Engine string

// Form implements a choice.
func (Engine) Form() Form {
	return Form{Noun: "an engine", Example: "mongodb", Values: []string{"mongodb", "singlestore", "mysql", "postgres", "kafka", "redis", "valkey", "opensearch", "s3", "sqs"}}
}

// Coordination is how Kafka brokers agree.
type Coordination string

// Form implements a choice.
func (Coordination) Form() Form {
	return Form{Noun: "a coordination", Example: "kraft", Values: []string{"zookeeper", "kraft"}}
}

// Provider is a cloud.
type Provider string

// Form implements a choice.
func (Provider) Form() Form {
	return Form{Noun: "a provider", Example: "aws", Values: []string{"aws"}}
}

// APM is a service that takes traces.
type APM string

// Form implements a choice.
func (APM) Form() Form {
	return Form{Noun: "an APM service", Example: "newrelic", Values: []string{"newrelic", "none"}}
}

// APMRegion is where an APM service keeps data.
type APMRegion string

// Form implements a choice.
func (APMRegion) Form() Form {
	return Form{Noun: "a region of the APM service", Example: "eu", Values: []string{"us", "eu"}}
}

// Pager is a service that wakes people.
type Pager string

// Form implements a choice.
func (Pager) Form() Form {
	return Form{Noun: "a paging service", Example: "pagerduty", Values: []string{"pagerduty", "none"}}
}

// EdgeProvider is a content delivery network.
type EdgeProvider string

// Form implements a choice.
func (EdgeProvider) Form() Form {
	return Form{Noun: "an edge provider", Example: "akamai", Values: []string{"akamai", "none"}}
}

// WAFMode says what the web application firewall does.
type WAFMode string

// Form implements a choice.
func (WAFMode) Form() Form {
	return Form{Noun: "a mode of the firewall", Example: "block", Values: []string{"block", "monitor", "off"}}
}

// BotMode says what is done about programs.
type BotMode string

// Form implements a choice.
func (BotMode) Form() Form {
	return Form{Noun: "a mode against bots", Example: "challenge", Values: []string{"block", "challenge", "monitor", "off"}}
}

// TicketProvider is where work is planned.
type TicketProvider string

// Form implements a choice.
func (TicketProvider) Form() Form {
	return Form{Noun: "a provider of tickets", Example: "jira", Values: []string{"jira", "none"}}
}

// Currency is a currency of ISO 4217.
type Currency string

// Form implements a choice.
func (Currency) Form() Form {
	return Form{Noun: "a currency", Example: "USD", Values: []string{"USD", "EUR", "GBP", "INR", "JPY", "CHF", "AUD", "CAD", "SGD", "AED", "BRL", "SEK", "NOK", "DKK", "PLN"}}
}
