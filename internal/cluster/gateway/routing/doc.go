// Package routing turns Gateway API objects, Services and EndpointSlices into a
// table that says where a request goes, and into the status that those objects
// deserve. It is pure: the same snapshot gives the same table, and a table never
// changes once built. It knows the specification's rules of attachment and
// precedence; it does not know connections, clocks or the API server.
package routing
