package cli

import (
	"path/filepath"
	"slices"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/prove/rules"
)

// The parts of SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format)
// that code scanning reads.
type (
	sarif struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		URI   string      `json:"informationUri"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string       `json:"id"`
		Short *sarifText   `json:"shortDescription,omitempty"`
		Full  *sarifText   `json:"fullDescription,omitempty"`
		Help  *sarifText   `json:"help,omitempty"`
		Level *sarifConfig `json:"defaultConfiguration,omitempty"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Related      []sarifLocation    `json:"relatedLocations,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// sarifOf is the result as code scanning takes it. Waived findings are results
// that are suppressed.
func sarifOf(c *checked) sarif {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "paddock", URI: "https://paddock.dev", Rules: []sarifRule{}}
	var met []string
	add := func(p diag.Problem, suppressed []sarifSuppression) {
		if !slices.Contains(met, p.ID) {
			met = append(met, p.ID)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(p))
		}
		text := p.Summary + "."
		if p.Detail != "" {
			text += " " + p.Detail
		}
		if p.Fix != "" {
			text += "\nFix: " + p.Fix
		}
		r := sarifResult{RuleID: p.ID, Level: string(p.Severity), Message: sarifText{text}, Locations: []sarifLocation{sarifAt(p.Pos, "")}, Suppressions: suppressed}
		for _, other := range p.Related {
			r.Related = append(r.Related, sarifAt(other.Range, other.Text))
		}
		run.Results = append(run.Results, r)
	}
	for _, p := range c.problems {
		add(p, nil)
	}
	for _, w := range c.waived {
		add(w.Problem, []sarifSuppression{{"external", w.Reason}})
	}
	return sarif{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

func sarifRuleOf(p diag.Problem) sarifRule {
	out := sarifRule{ID: p.ID}
	if r, ok := rules.Find(p.ID); ok {
		out.Short, out.Full, out.Help = &sarifText{r.Title}, &sarifText{r.Why}, &sarifText{r.Fix}
		out.Level = &sarifConfig{string(r.Severity)}
	}
	return out
}

func sarifAt(at diag.Range, text string) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{filepath.ToSlash(at.File)}}}
	if at.Line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: at.Line, StartColumn: at.Column, EndLine: at.EndLine, EndColumn: at.EndColumn}
	}
	if text != "" {
		l.Message = &sarifText{text}
	}
	return l
}
