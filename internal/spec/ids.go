package spec

// The names of all problems. They stay the same when wordings change, so that
// scripts and documentation can refer to them; test fixtures exist for each.
const (
	// The file as text.
	idUnreadable = "file-unreadable"
	idTooLarge   = "file-too-large"
	idNotText    = "not-text"
	idEmpty      = "empty-file"

	// The file as YAML.
	idSyntax     = "yaml-syntax"
	idTab        = "yaml-tab"
	idFeature    = "yaml-feature"
	idDocuments  = "several-documents"
	idTooDeep    = "too-deep"
	idTooMany    = "too-many-values"
	idAlias      = "bad-alias"
	idDuplicate  = "duplicate-key"
	idPaddockBug = "paddock-bug"

	// The file as a platform file.
	idVersion      = "unsupported-version"
	idUnknownKey   = "unknown-key"
	idFixedKey     = "same-in-every-environment"
	idMissingKey   = "missing-key"
	idEmptyValue   = "empty-value"
	idWrongType    = "wrong-type"
	idBadValue     = "bad-value"
	idBadName      = "bad-name"
	idReservedName = "reserved-name"
	idRepeated     = "repeated-value"

	// The files that it includes.
	idInclude        = "include-unreadable"
	idIncludeOutside = "include-outside"
	idIncludeKey     = "include-key"

	// The platform that it describes.
	idReference     = "unknown-reference"
	idSelfUse       = "uses-itself"
	idTooFewPeople  = "too-few-approvers"
	idPathOrder     = "path-order"
	idPathStart     = "path-start"
	idPathLeavesOut = "path-leaves-out"
	idCanary        = "canary-steps"
	idReplicas      = "impossible-replicas"
	idIdleTarget    = "idle-cpu-target"
	idSmallMemory   = "small-memory"
	idVariable      = "unknown-variable"
	idRouteTaken    = "route-taken"
	idSourceMissing = "source-missing"
	idSourceOutside = "source-outside"
	idCannotBuild   = "cannot-build"
	idLanguage      = "language-differs"
	idNameShared    = "name-shared"
	idMode          = "mode-does-not-fit"
	idNoPort        = "listens-nowhere"
	idPortTwice     = "port-twice"
	idIdleKey       = "idle-key"
	idTopic         = "topic-out-of-reach"
	idEngineKey     = "not-of-this-engine"
	idEngineVersion = "engine-version"
	idImpossible    = "impossible-numbers"
	idAbsent        = "uses-what-is-absent"
	idSegment       = "segment-collapse"
	idZones         = "zones-differ"
	idHotfix        = "hotfix-lane"
	idRecovery      = "recovery-target"
	idNobody        = "nobody-there"
	idPerson        = "unknown-person"
)
