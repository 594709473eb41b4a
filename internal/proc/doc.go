// Package proc starts processes of this host that must not outlive us, finds
// again those that did, and says what they use.
//
// A Keeper starts each process as the leader of a group of its own and writes
// down who it is. When the leader ends, the rest of its group is killed, as
// when the first process of a container ends. When we are killed, Linux kills
// the leaders at once, and the next Keeper on the same directory kills what is
// left of their groups.
//
// It knows processes only: nothing of pods, images or restarts.
package proc
