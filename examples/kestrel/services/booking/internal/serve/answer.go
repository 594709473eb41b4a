package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Endpoint answers a request with a JSON object or an error.
type Endpoint func(*http.Request) (any, error)

// Created is an answer with status 201.
type Created struct{ Body any }

// Error is an answer that is not a success.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error.
func Errorf(status int, format string, args ...any) error {
	return &Error{status, fmt.Sprintf(format, args...)}
}

// Status of an error: 500 when it does not say.
func Status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return http.StatusInternalServerError
}

func (a *App) endpoint(h Endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec, ok := w.(*recorder); ok {
			rec.business = true
		}
		body, err := h(r)
		if err != nil {
			status := Status(err)
			message := err.Error()
			if status >= 500 {
				a.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "status", status, "error", message)
			}
			a.write(w, status, map[string]string{"error": message})
			return
		}
		if created, ok := body.(Created); ok {
			a.write(w, http.StatusCreated, created.Body)
			return
		}
		a.write(w, http.StatusOK, body)
	})
}

// write sends a JSON object with the version and the environment in front, so
// that everybody sees who answered.
func (a *App) write(w http.ResponseWriter, status int, body any) {
	content, err := stamp(a.Version, a.Environment, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(content, '\n'))
}

func stamp(version, environment string, body any) ([]byte, error) {
	front, err := json.Marshal(struct {
		Version     string `json:"version"`
		Environment string `json:"environment"`
	}{version, environment})
	if err != nil {
		return nil, err
	}
	rest, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if len(rest) < 2 || rest[0] != '{' {
		return nil, fmt.Errorf("an answer must be a JSON object, not %.20s", rest)
	}
	if len(rest) == 2 {
		return front, nil
	}
	return append(append(front[:len(front)-1], ','), rest[1:]...), nil
}

// Decode reads a JSON request body strictly.
func Decode(r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return Errorf(http.StatusBadRequest, "request body: %v", err)
	}
	return nil
}
