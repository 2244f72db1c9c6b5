package web

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/internal/files"
	"coetracker/people"
)

// readable is the document as the person may read it: writers the working
// text, readers the last issue.
func (s *Server) readable(c *gin.Context) (*coe.Document, error) {
	n, err := number(c)
	if err != nil {
		return nil, err
	}
	d, err := s.COEs.View(c.Request.Context(), who(c), n)
	if err != nil || people.May(who(c), people.Edit, d.Resource()) {
		return d, err
	}
	return s.COEs.Issued(c.Request.Context(), who(c), d)
}

// exportFile sends the document as a file: md, which can be imported again, or
// json for other tools.
func (s *Server) exportFile(ending, media string, write func(*coe.Document) ([]byte, error)) handler {
	return func(c *gin.Context) error {
		d, err := s.readable(c)
		if err != nil {
			return err
		}
		b, err := write(d)
		if err != nil {
			return fmt.Errorf("export %s: %w", d.COE.Name(), err)
		}
		c.Header("Content-Type", media)
		attachment(c, d.COE.Name()+ending)
		// without a time: the header's says nothing of the parts
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(b))
		return nil
	}
}

// attachment makes a browser save what is sent, and keep it from doing anything.
func attachment(c *gin.Context, name string) {
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if disposition == "" {
		disposition = "attachment"
	}
	c.Header("Content-Disposition", disposition)
	c.Header("Content-Security-Policy", "sandbox; default-src 'none'")
	c.Header("Cache-Control", "private, no-store")
}

// attachmentFile sends one file of a document. Only pictures that can hold no
// script are shown in place.
func (s *Server) attachmentFile(c *gin.Context) error {
	d, err := s.readable(c)
	if err != nil {
		return err
	}
	for _, a := range d.Attachments {
		if a.Key == c.Param("key") {
			return s.sendFile(c, a)
		}
	}
	return fault.NotFoundf(notThere)
}

func (s *Server) sendFile(c *gin.Context, a coe.Attachment) error {
	f, err := s.Files.Get(c.Request.Context(), a.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	media, err := files.SniffReader(f)
	if err != nil {
		return err
	}
	attachment(c, a.Name)
	c.Header("Content-Type", "application/octet-stream")
	if files.Inline(media) {
		c.Header("Content-Type", media)
		c.Header("Content-Disposition", "inline")
	}
	c.Header("ETag", `"`+a.SHA256+`"`)
	http.ServeContent(c.Writer, c.Request, "", a.CreatedAt, f)
	return nil
}
