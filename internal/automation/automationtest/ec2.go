package automationtest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

func ec2Tags(tags map[string]string) string {
	all := ""
	for _, k := range sortedKeys(tags) {
		all += node("item", node("key", text(k)), node("value", text(tags[k])))
	}
	return node("tagSet", all)
}

var stateCodes = map[string]string{"pending": "0", "running": "16", "shutting-down": "32", "terminated": "48", "stopping": "64", "stopped": "80"}

func (s *Server) ec2(action string, form url.Values) string {
	answer := func(children ...string) string {
		return node(action+"Response", append([]string{node("requestId", "0")}, children...)...)
	}
	list := ""
	switch action {
	case "DescribeInstances":
		by := filters(form, "Filter", "Value")
		for _, i := range s.Instances {
			if matches(by, i.Tags, i.State) {
				list += node("item", node("reservationId", "r-1"), node("instancesSet", node("item", node("instanceId", i.ID), node("instanceType", i.Type),
					node("instanceState", node("code", stateCodes[i.State]), node("name", i.State)), ec2Tags(i.Tags))))
			}
		}
		return answer(node("reservationSet", list))
	case "DescribeInstanceStatus":
		for _, id := range numbered(form, "InstanceId") {
			if i := s.instance(id); i != nil {
				status := map[bool]string{true: "ok", false: "initializing"}[i.Well && i.State == "running"]
				list += node("item", node("instanceId", id), node("instanceState", node("code", stateCodes[i.State]), node("name", i.State)),
					node("systemStatus", node("status", status)), node("instanceStatus", node("status", status)))
				// Between this look and the next one, what began is done.
				switch i.State {
				case "pending":
					i.State = "running"
				case "running":
					i.Well = true
				case "stopping":
					i.State, i.Well = "stopped", false
				}
			}
		}
		return answer(node("instanceStatusSet", list))
	case "StopInstances", "StartInstances", "TerminateInstances":
		to := map[string]string{"StopInstances": "stopping", "StartInstances": "pending", "TerminateInstances": "terminated"}[action]
		for _, id := range numbered(form, "InstanceId") {
			if i := s.instance(id); i != nil {
				s.changed("%s %s", action, id)
				i.State = to
				list += node("item", node("instanceId", id), node("currentState", node("code", stateCodes[to]), node("name", to)))
			}
		}
		return answer(node("instancesSet", list))
	case "DescribeVolumes":
		by := filters(form, "Filter", "Value")
		ids := numbered(form, "VolumeId")
		for _, d := range s.Disks {
			if !matches(by, d.Tags, "") || len(ids) > 0 && !slices.Contains(ids, d.ID) {
				continue
			}
			state, attached := "available", ""
			if d.AttachedTo != "" {
				state, attached = "in-use", node("item", node("volumeId", d.ID), node("instanceId", d.AttachedTo))
			}
			list += node("item", node("volumeId", d.ID), node("size", strconv.Itoa(d.GiB)), node("volumeType", d.Type), node("status", state),
				node("createTime", d.Created.UTC().Format(time.RFC3339)), node("attachmentSet", attached), node("encrypted", strconv.FormatBool(d.Key != "")), node("kmsKeyId", text(d.Key)), ec2Tags(d.Tags))
		}
		return answer(node("volumeSet", list))
	case "DescribeSnapshots":
		for _, d := range s.Snapshots {
			list += node("item", node("snapshotId", d.ID), node("volumeId", d.Volume), node("volumeSize", strconv.Itoa(d.GiB)), node("status", "completed"),
				node("startTime", d.Started.UTC().Format(time.RFC3339)), ec2Tags(d.Tags))
		}
		return answer(node("snapshotSet", list))
	case "DescribeImages":
		for _, image := range sortedKeys(s.Images) {
			list += node("item", node("imageId", image), node("blockDeviceMapping", node("item", node("deviceName", "/dev/xvda"), node("ebs", node("snapshotId", s.Images[image])))))
		}
		return answer(node("imagesSet", list))
	case "DescribeAddresses":
		for _, a := range s.Addresses {
			association := ""
			if a.Association != "" {
				association = node("associationId", a.Association)
			}
			list += node("item", node("allocationId", a.ID), node("domain", "vpc"), association, ec2Tags(a.Tags))
		}
		return answer(node("addressesSet", list))
	case "CreateTags", "DeleteTags":
		for _, id := range numbered(form, "ResourceId") {
			tags := s.tagsOf(id)
			for i := 1; form.Has(fmt.Sprintf("Tag.%d.Key", i)); i++ {
				key, value := form.Get(fmt.Sprintf("Tag.%d.Key", i)), form.Get(fmt.Sprintf("Tag.%d.Value", i))
				s.changed("%s %s %s=%s", action, id, key, value)
				if action == "CreateTags" {
					tags[key] = value
				} else {
					delete(tags, key)
				}
			}
		}
		return answer(node("return", "true"))
	case "DeleteVolume":
		id := form.Get("VolumeId")
		s.changed("%s %s", action, id)
		s.Disks = slices.DeleteFunc(s.Disks, func(d *Disk) bool { return d.ID == id })
		return answer(node("return", "true"))
	case "DeleteSnapshot":
		id := form.Get("SnapshotId")
		s.changed("%s %s", action, id)
		s.Snapshots = slices.DeleteFunc(s.Snapshots, func(d *Snapshot) bool { return d.ID == id })
		return answer(node("return", "true"))
	case "ReleaseAddress":
		id := form.Get("AllocationId")
		s.changed("%s %s", action, id)
		s.Addresses = slices.DeleteFunc(s.Addresses, func(a *Address) bool { return a.ID == id })
		return answer(node("return", "true"))
	}
	return ""
}

func (s *Server) instance(id string) *Instance {
	i := slices.IndexFunc(s.Instances, func(i *Instance) bool { return i.ID == id })
	if i < 0 {
		return nil
	}
	return s.Instances[i]
}

// tagsOf a volume, snapshot or address; a map that nobody keeps for others.
func (s *Server) tagsOf(id string) map[string]string {
	for _, d := range s.Disks {
		if d.ID == id {
			return d.Tags
		}
	}
	for _, d := range s.Snapshots {
		if d.ID == id {
			return d.Tags
		}
	}
	for _, a := range s.Addresses {
		if a.ID == id {
			return a.Tags
		}
	}
	return map[string]string{}
}
