// HTTP/2 (RFC 9113) as a client session, over nghttp2: any number of requests at once. Those beyond
// the server's limit of concurrent streams wait within the session.
// Threading, ownership: as ClientSession.
#pragma once

#include <boost/intrusive/list.hpp>

#include "base/buffer.h"
#include "http/client_session.h"

struct nghttp2_session;

namespace souk::http::h2 {

class ClientSession final : public http::ClientSession {
 public:
  ClientSession(Answers& answers, bool tls);
  ~ClientSession() override;

  bool takes_requests() const override;
  void send(Tag tag, const OutgoingRequest& request) override;
  bool abandon(Tag tag) override;
  bool received(std::string_view bytes) override;
  bool ended() override;
  std::string_view pending() override;
  void sent(std::size_t bytes) override;

 private:
  friend struct ClientEvents;
  struct Request : boost::intrusive::list_base_hook<> {
    Tag tag = 0;
    std::int32_t id = 0;
    int status = 0;
    Buffer unsent;          // of its body
    std::size_t sent = 0;   // of unsent
    Buffer body;            // of the response
    bool answered = false;  // completely
    bool abandoned = false;
  };

  void end(Request& request);

  Answers& answers_;
  const bool tls_;
  nghttp2_session* nghttp2_ = nullptr;
  boost::intrusive::list<Request> requests_;
  Buffer out_;
  std::size_t sent_ = 0;  // of out_
};

}  // namespace souk::http::h2
