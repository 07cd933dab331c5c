package form

import (
	"slices"
	"strconv"

	"lectern"
)

// stepFields are the fields of a step.
var stepFields = []string{"page", "ahead", "hidden", "until"}

// steps reads the steps of a slide. Some templates have a prop of this name, so a list counts as steps only if the
// slide shows a page, or if every entry has a field of a step.
func (f *fields) steps(page bool) []lectern.SlideStep {
	value, _ := f.obj.Get("steps")
	list, ok := value.([]any)
	if f.r.asked == nil && (!ok || len(list) == 0 || !page && slices.ContainsFunc(list, notStep)) {
		return nil
	}
	list, at, ok := f.list("steps")
	if !ok || len(list) == 0 {
		return nil
	}
	steps := make([]lectern.SlideStep, min(len(list), lectern.MaxSteps+1)) // Validate refuses longer lists by their length
	for i, v := range list[:len(steps)] {
		index := "[" + strconv.Itoa(i) + "]"
		o, ok := v.(*Object)
		if !ok {
			f.fault(at.path+index, "A step must be an object, not %s.", kind(v))
			continue
		}
		steps[i] = f.r.open(o, at.path+index, f.called("steps")+index, f.slide).step()
	}
	return steps
}

// notStep reports whether a value has no field of a step.
func notStep(v any) bool {
	o, ok := v.(*Object)
	return !ok || !o.says(stepFields...)
}

func (f *fields) step() lectern.SlideStep {
	var s lectern.SlideStep
	for _, n := range []struct {
		name  string
		value *int
	}{{"page", &s.Page}, {"ahead", &s.Ahead}, {"until", &s.Until}} {
		if v, ok := f.take(n.name); ok {
			if *n.value, ok = f.whole(v); ok && *n.value == 0 {
				*n.value = -1 // the deck sets it, so it must not look empty; Validate refuses it
			}
		}
	}
	list, at, _ := f.list("hidden")
	for i, v := range list[:min(len(list), lectern.MaxHidden+1)] {
		id, ok := v.(string)
		if !ok {
			f.fault(at.path+"["+strconv.Itoa(i)+"]", "%q must be a list of strings; entry %d is %s.", "hidden", i+1, kind(v))
		}
		s.Hidden = append(s.Hidden, clean(id))
	}
	f.warnUnknownInside()
	return s
}

// steps adds the steps of a slide.
func (o *Object) steps(steps []lectern.SlideStep) {
	if len(steps) == 0 {
		return
	}
	list := make([]any, len(steps))
	for i, s := range steps {
		step := &Object{}
		for _, n := range []struct {
			name  string
			value int
		}{{"page", s.Page}, {"ahead", s.Ahead}, {"until", s.Until}} {
			if n.value != 0 {
				step.Add(n.name, whole(n.value))
			}
		}
		if len(s.Hidden) > 0 {
			hidden := make([]any, len(s.Hidden))
			for k, id := range s.Hidden {
				hidden[k] = id
			}
			step.Add("hidden", hidden)
		}
		list[i] = step
	}
	o.Add("steps", list)
}
