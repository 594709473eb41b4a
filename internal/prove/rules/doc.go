// Package rules is what Paddock knows about good platforms: each rule looks at
// the resolved platform and says what would hurt its owners, with the numbers,
// the line to change and the standard or vendor that says so. It knows the model
// and the graph, and takes the time as a value. It refuses to know YAML (places
// are key paths), how findings are printed, and whether the rendered
// infrastructure keeps what the platform promises.
package rules
