package strictyaml
import ("testing";"strings";"time";"runtime")
func TestPathological(t *testing.T){
 n:=2900000
 rep:=func(s string)string{return strings.Repeat(s,n/len(s))}
 for name,text:=range map[string]string{
 "flow":rep("["),"dash":rep("- "),"dashline":rep("- - a\n"),"colon":rep("a: "),"map":rep("{a,"),"mapc":"{"+rep("a,"),"comment":"a: b\n"+rep("#\n"),"commentkeys":rep("#c\na: b\n"),
 "quote":"a: \""+rep("x"),"q":rep("? "),"ql":rep("?\n"),"tag":rep("!<a> "),"anchor":rep("&a "),"anchorl":rep("- &a b\n"),"blk":"a: |\n"+rep(" x\n"),"plain":rep("x y\n"),"spaces":rep(" "),"nl":rep("\n"),"brace":rep("{}\n"),"docs":rep("---\n"),"dq":"a: \""+rep("\\n")+"\"","keys":func()string{var b strings.Builder;for i:=0;b.Len()<n;i++{b.WriteString("k");b.WriteString(strings.Repeat("x",i%7));b.WriteString(time.Duration(i).String());b.WriteString(": v\n")};return b.String()}(),
 "wide":"["+rep("a,b,c, ddddddddddddd,")+"]","dir":rep("%A b\n"), "indent": func()string{var b strings.Builder;for i:=0;i<4000;i++{b.WriteString(strings.Repeat(" ",i)+"a:\n")};return b.String()}(), "cflow":"a: [\n"+rep("#\n")+"]", "cseq":rep("- a\n  # x\n"), "emptyq":rep("'' "), "longkey":rep("x")+": y",
 }{
  if len(text)>n+100 {text=text[:n]}
  for _, tail := range []string{""} {
  start:=time.Now()
  var a,b runtime.MemStats; runtime.GC(); runtime.ReadMemStats(&a)
  var got sample
  p:=Decode("f",[]byte(text+tail),&got)
  runtime.ReadMemStats(&b)
  m:="";if len(p)>0{m=p[0].Message; if len(m)>80 {m=m[:80]}}
  t.Logf("%-12s %8v alloc %dMB sys %dMB problems %d %s",name,time.Since(start).Round(time.Millisecond),(b.TotalAlloc-a.TotalAlloc)>>20,b.Sys>>20,len(p),m)
  }
 }
}
