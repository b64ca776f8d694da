import { openCall, twilio, mulaw } from '@patchcord/core';
import { openPhone } from '@patchcord/simulator';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { test } from 'vitest';
function rng(seed:number){let s=seed>>>0;return()=>{s=(Math.imul(s,1664525)+1013904223)>>>0;return s/2**32}}
async function one(seed:number,jitter:number,n:number){
  const clock=createManualClock(); const r=rng(seed); for(let i=0;i<10;i++)r();
  const [a,b]=createSocketPair();
  for(const s of [a,b]){ const send=s.send.bind(s); let last=0; s.send=(d:any)=>{ const t=Math.max(last,clock.now()+20+r()*jitter); last=t; clock.after(t-clock.now(),()=>send(d)); } }
  const opening=openCall(a,twilio,{clock}); const dial=openPhone(b,{clock}); await clock.advance(300);
  const call=await opening, phone=await dial;
  const errs:number[][]=[];
  for(let i=0;i<n;i++){
    const at=Math.floor(phone.timestampMs*8);
    call.play(mulaw.decode(mulaw.encode(new Int16Array(8*3000).fill(1000))));
    await clock.advance(200+r()*1000);
    const t=phone.timestampMs;
    const {playbacks}=call.interrupt();
    const bound=(await (playbacks[0]!.playback as any).done).errorMs;
    await clock.advance(200+r()*100);
const h=phone.heard; let truth=0; for(let k=at;k<Math.min(h.length,t*8);k++) if(h[k]!==0)truth++; truth/=8;
    errs.push([(playbacks[0]?.heardMs??0)-truth,bound]);
  }
  return errs;
}
test('jitter',async()=>{
  for(const j of [0,20,50]){ const all:number[]=[]; let early=0,earlyBad=0,maxB=0;
  for(let s=1;s<=20;s++){ const e=await one(s*77,j,45); for(const [x,b] of e.slice(0,20)){early++; if(Math.abs(x!)>b!)earlyBad++; maxB=Math.max(maxB,b!)} all.push(...e.slice(20).map(x=>x[0]!));}
  const abs=all.map(Math.abs).sort((x,y)=>x-y);
  console.log('jitter',j,'n',all.length,'mean',(all.reduce((x,y)=>x+y,0)/all.length).toFixed(1),'p50',abs[Math.floor(abs.length*.5)]?.toFixed(1),'p95',abs[Math.floor(abs.length*.95)]?.toFixed(1),'max',abs.at(-1)?.toFixed(1),'early',early,'outside bound',earlyBad,'bound',maxB); }
},60000);
