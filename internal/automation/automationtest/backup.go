package automationtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// backup answers for AWS Backup: what is known of a restore, the tags of its
// copy, and the verdict on it ("PutRestoreValidationResult", AWS Backup API).
func (s *Server) backup(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	fail := func(status int, code string) {
		w.Header().Set("X-Amzn-ErrorType", code)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"Code": %q, "Message": "the fake refuses"}`, code)
	}
	path := strings.Trim(r.URL.EscapedPath(), "/")
	if arn, ok := strings.CutPrefix(path, "tags/"); ok && r.Method == http.MethodGet {
		point, err := url.PathUnescape(arn)
		for _, j := range s.Restores {
			if err == nil && j.Point == point {
				_ = json.NewEncoder(w).Encode(map[string]any{"Tags": j.Tags})
				return
			}
		}
		fail(http.StatusBadRequest, "ResourceNotFoundException")
		return
	}
	id, rest, _ := strings.Cut(strings.TrimPrefix(path, "restore-jobs/"), "/")
	for _, j := range s.Restores {
		if j.ID != id {
			continue
		}
		switch {
		case r.Method == http.MethodGet && rest == "":
			_ = json.NewEncoder(w).Encode(map[string]any{
				"RestoreJobId": j.ID, "ResourceType": j.Kind, "Status": j.Status, "RecoveryPointArn": j.Point, "SourceResourceArn": j.Source, "CreatedResourceArn": j.Restored,
				"BackupSizeInBytes": j.Bytes, "RecoveryPointCreationDate": j.Taken.Unix(), "CreatedBy": map[string]any{"RestoreTestingPlanArn": j.Plan},
			})
		case r.Method == http.MethodPut && rest == "validations":
			var in struct{ ValidationStatus, ValidationStatusMessage string }
			if s.Deny["PutRestoreValidationResult"] || json.Unmarshal(body, &in) != nil {
				fail(http.StatusBadRequest, "InvalidRequestException")
				return
			}
			s.changed("PutRestoreValidationResult %s %s %s", id, in.ValidationStatus, in.ValidationStatusMessage)
			w.WriteHeader(http.StatusNoContent)
		default:
			fail(http.StatusNotImplemented, "NotImplemented")
		}
		return
	}
	fail(http.StatusBadRequest, "ResourceNotFoundException")
}
