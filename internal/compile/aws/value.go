package aws

// Value is the value of an argument.
type Value interface{ isValue() }

// String, Number and Bool are literals.
type (
	String string
	Number int64
	Bool   bool
)

// List is a list of values.
type List []Value

// Object is a mapping in a fixed order.
type Object []Arg

// Ref is a reference such as module.vpc.id or data.aws_vpc.apps.id.
type Ref string

// Text is a template: literal texts and references in turn, as in
// "arn:aws:s3:::${module.logs.bucket}". Only Refs and Strings stand in it.
type Text []Value

// Heredoc is a long text that is written as it is.
type Heredoc string

func (String) isValue()  {}
func (Number) isValue()  {}
func (Bool) isValue()    {}
func (List) isValue()    {}
func (Object) isValue()  {}
func (Ref) isValue()     {}
func (Text) isValue()    {}
func (Heredoc) isValue() {}

// Arg is one argument.
type Arg struct {
	Key   string
	Value Value
}

// Args are arguments in the order in which they are written.
type Args []Arg

// Strings is a list of texts.
func Strings[S ~string](texts []S) List {
	l := make(List, len(texts))
	for i, s := range texts {
		l[i] = String(s)
	}
	return l
}

// Numbers is a list of whole numbers.
func Numbers(numbers []int) List {
	l := make(List, len(numbers))
	for i, n := range numbers {
		l[i] = Number(n)
	}
	return l
}
