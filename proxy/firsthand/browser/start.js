(function(fhFile,fhMark,fhRules,fhShim){
try{let{__fh:h}=window;h?h.load(fhFile,document.currentScript,fhMark,fhRules):fhShim(fhFile,fhMark,fhRules)}catch{}
})
