package evidence

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// ecsPost is an event of Amazon ECS about a service of the cluster shop.
func ecsPost(service, name, id, at, reason string) string {
	return fmt.Sprintf(`{"version":"0","id":"%s-%s","detail-type":"ECS Deployment State Change","source":"aws.ecs","account":"111122223333","time":"2026-03-03T%sZ","region":"eu-west-1",
 "resources":["arn:aws:ecs:eu-west-1:111122223333:service/shop/%s"],"detail":{"eventType":"INFO","eventName":"SERVICE_DEPLOYMENT_%s","deploymentId":"ecs-svc/%s","updatedAt":"2026-03-03T%sZ","reason":"%s"}}`,
		id, name+at, at, service, name, id, at, reason)
}

// A rollback that names only the deployment it brings back undoes the one of its
// service that failed last, in whatever order the events come.
func TestRestoringRollbacksFindWhatFailed(t *testing.T) {
	t.Parallel()
	const undo = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
	posts := []string{
		ecsPost("cart", "IN_PROGRESS", "1", "08:00:00", "started"),
		ecsPost("cart", "COMPLETED", "1", "08:05:00", "done"),
		ecsPost("cart", "IN_PROGRESS", "2", "08:30:00", "started"),
		ecsPost("cart", "FAILED", "2", "08:40:00", "tasks failed to start"),
		ecsPost("cart", "IN_PROGRESS", "3", "09:00:00", "started"),
		ecsPost("cart", "FAILED", "3", "09:10:02", "tasks failed to start"),
		ecsPost("cart", "IN_PROGRESS", "1", "09:10:00", undo),
		ecsPost("cart", "IN_PROGRESS", "4", "09:30:00", "started"),
		ecsPost("cart", "FAILED", "4", "09:35:00", "tasks failed to start"),
		ecsPost("other", "IN_PROGRESS", "5", "09:05:00", "started"),
		ecsPost("other", "FAILED", "5", "09:09:00", "tasks failed to start"),
	}
	eachDesk(t, func(t *testing.T, d *desk) {
		random := rand.New(rand.NewPCG(3, 9))
		want := ""
		for round := range 12 {
			d.clear()
			order := random.Perm(len(posts))
			for _, n := range order {
				d.must(d.s.Project(t.Context(), d.arrive(posts[n])...))
			}
			var back Item
			d.must(d.g.Where("type = 'rollback'").Take(&back).Error)
			var bad []Item
			d.must(d.g.Where("undone_by_id IS NOT NULL").Find(&bad).Error)
			if len(bad) != 1 || bad[0].ExternalID != "ecs-svc/3" || *bad[0].UndoneByID != back.ID || back.UndoesID == nil || *back.UndoesID != bad[0].ID {
				t.Fatalf("order %v: the rollback undoes %v; undone are %d: %+v", order, back.UndoesID, len(bad), bad)
			}
			if got := d.rows(); round == 0 {
				want = got
			} else if got != want {
				t.Fatalf("order %v ends in other rows:\n%s\nwant\n%s", order, got, want)
			}
		}
		d.clear()
		d.must(d.s.Project(t.Context(), d.arrive(posts...)...))
		if got := d.rows(); got != want {
			t.Errorf("all at once ends in other rows:\n%s\nwant\n%s", got, want)
		}
	})
}
