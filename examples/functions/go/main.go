// A function in Go, with the standard library only: it echoes `say` through @connections, and answers
// `ask` with a route response. The loop in main is the runtime client.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
)

type event struct {
	RequestContext        struct{ RouteKey, ConnectionID string }
	QueryStringParameters map[string]string
	Body                  string
}

type reply struct {
	StatusCode int    `json:"statusCode"`
	Body       string `json:"body,omitempty"`
}

func handle(e event) reply {
	switch e.RequestContext.RouteKey {
	case "$connect":
		if e.QueryStringParameters["name"] == "" {
			return reply{StatusCode: 403}
		}
	case "$disconnect":
		fmt.Println(e.RequestContext.ConnectionID, "has left")
	case "say":
		var said struct{ Text string }
		must(json.Unmarshal([]byte(e.Body), &said))
		// On AWS, sign these requests, for example with the SDK's apigatewaymanagementapi.
		connections := os.Getenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI") + "/@connections/"
		id := url.PathEscape(e.RequestContext.ConnectionID)
		post(connections+id, map[string]string{"said": said.Text, "by": "go"})
	case "ask":
		return reply{StatusCode: 200, Body: `{"answer":"go"}`}
	}
	return reply{StatusCode: 200}
}

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		must(err)
		var e event
		must(json.NewDecoder(next.Body).Decode(&e))
		next.Body.Close()
		post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", handle(e))
	}
}

func post(url string, value any) {
	data, err := json.Marshal(value)
	must(err)
	response, err := http.Post(url, "application/json", bytes.NewReader(data))
	must(err)
	response.Body.Close()
}

// An error ends the process. Its event fails, and another process handles the next one.
func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
